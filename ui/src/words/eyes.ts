/** Words of the cameras' own state and of proven accuracy, in English. */
export const eyesEn = {
  title: "Eyes and proof", open: "Eyes and proven accuracy: show all", none: "The cameras of this line are not watched.",
  measures: { light: "Light", cast: "Colour cast", balance: "Part to belt", focus: "Focus", position: "Position", scale: "Scale", dirt: "Dirt", score: "Score" } as Record<string, string>,
  meanings: {
    light: "brightness of parts and belt together", cast: "colour of the light", balance: "colour of the parts against the belt", focus: "width of the parts' edges",
    position: "where the parts lie in the picture", scale: "size of the parts in the picture", dirt: "the oddest place before the lens", score: "mean score of all parts, 1 = threshold",
  } as Record<string, string>,
  states: { learning: "Learning", steady: "Steady", warning: "Beyond warning", limit: "Beyond limit" } as Record<string, string>,
  learning: (n: string, of: string) => `Learning the origin: ${n} of ${of} frames`,
  old: (s: string) => `not measured for ${s}`, never: "not measured yet", measured: (s: string) => `measured ${s} ago`,
  now: "Now", warnAt: "Warning", limit: "Limit", hour: "Last 60 minutes", noTrend: "no minute yet",
  origin: (day: string, n: string) => `Measured from ${day}, ${n} frames`, carried: "carried on over a restart",
  acceptedBy: (by: string, day: string, reason: string) => `accepted by ${by} ${day}: ${reason}`,
  accept: "Accept as new origin",
  effect: (view: string, n: string) => `What ${view} shows from now on will count as right: its next ${n} frames make the origin, and drift of before is forgotten. Verdicts do not change by it.`,
  reason: "Reason", reasonNote: "Stays in the log with your name: new lamps, lens cleaned, camera moved on purpose.",
  tokenNote: "It takes the right recipe, or a token that may append linesman.eyes.accepted.v1. It is forgotten when this is closed.",
  taken: (view: string) => `Taken: ${view} is learning its new origin.`,
  alarm: (camera: string, measure: string) => `Camera ${camera}: ${measure.toLowerCase()} beyond its limit`,
};

export const accuracyEn = {
  title: "Proven accuracy", none: "Not proven: no limit sample was judged yet", noneWhat: "Label parts that people looked at; linesman sample judge counts them.",
  stale: "Stale", current: "Of what judges now", wouldPass: "Known bad parts would pass",
  bad: "Bad let through", good: "Good rejected",
  short: (bound: string, wrong: string, parts: string) => `≤ ${bound} % · ${wrong} of ${parts}`, unbound: (wrong: string, parts: string) => `no bound · ${wrong} of ${parts}`,
  sayBad: (parts: string, wrong: string, bound: string) => `Of ${parts} known bad ${wrong} passed: at most ${bound} % (95 %)`,
  sayGood: (parts: string, wrong: string, bound: string) => `Of ${parts} known good ${wrong} were rejected: at most ${bound} % (95 %)`,
  noBound: (parts: string, wrong: string) => `${wrong} of ${parts} judged wrong: no bound can be given`, noBad: "No known bad part was judged", noGood: "No known good part was judged",
  judged: (day: string, why: string) => `judged ${day}, ${why}`, whys: { activation: "as the recipe became active", schedule: "daily", operator: "by hand" } as Record<string, string>,
  by: (recipe: string, model: string) => `by recipe ${recipe}, model ${model}`, unjudged: (n: string) => `${n} labelled parts could not be judged`,
  taught: (n: string) => `${n} more that the model was taught from prove nothing`,
  note: "The bounds are of parts that the model was not taught from.",
  alarm: (n: string) => `${n} known bad would pass`, alarmWhat: "Do not judge by this recipe: make a candidate that knows them, or lower its limit.",
};

export const eyesZh: typeof eyesEn = {
  title: "相机状态与验证", open: "相机状态与已验证精度：全部显示", none: "本产线的相机未被监测。",
  measures: { light: "亮度", cast: "偏色", balance: "零件与皮带", focus: "对焦", position: "位置", scale: "比例", dirt: "脏污", score: "得分" },
  meanings: {
    light: "零件与皮带的共同亮度", cast: "光源颜色", balance: "零件相对皮带的颜色", focus: "零件边缘宽度",
    position: "零件在画面中的位置", scale: "零件在画面中的大小", dirt: "镜头前最异常的一处", score: "全部零件的平均得分，1 = 阈值",
  },
  states: { learning: "学习中", steady: "稳定", warning: "超出预警", limit: "超出限值" },
  learning: (n, of) => `正在学习基准：${n} / ${of} 帧`,
  old: (s) => `已 ${s}未测量`, never: "尚未测量", measured: (s) => `${s}前测量`,
  now: "当前", warnAt: "预警", limit: "限值", hour: "最近 60 分钟", noTrend: "尚无数据",
  origin: (day, n) => `基准 ${day}，${n} 帧`, carried: "重启后沿用",
  acceptedBy: (by, day, reason) => `${by} 于 ${day} 接受：${reason}`,
  accept: "接受为新基准",
  effect: (view, n) => `从现在起 ${view} 所见视为正确：随后 ${n} 帧构成基准，此前的漂移不再计入。判定不因此改变。`,
  reason: "原因", reasonNote: "与您的姓名一同记入日志：更换灯具、清洁镜头、有意移动相机。",
  tokenNote: "需要配方权限，或可追加 linesman.eyes.accepted.v1 的令牌。关闭后即被清除。",
  taken: (view) => `已接受：${view} 正在学习新基准。`,
  alarm: (camera, measure) => `相机 ${camera}：${measure}超出限值`,
};

export const accuracyZh: typeof accuracyEn = {
  title: "已验证精度", none: "未验证：尚未判定限度样本", noneWhat: "请为人工看过的零件加标签；linesman sample judge 进行统计。",
  stale: "已过时", current: "当前判定依据", wouldPass: "已知不良品会被放行",
  bad: "不良放行", good: "良品剔除",
  short: (bound, wrong, parts) => `≤ ${bound} % · ${wrong} / ${parts}`, unbound: (wrong, parts) => `无上限 · ${wrong} / ${parts}`,
  sayBad: (parts, wrong, bound) => `已知不良 ${parts} 件中放行 ${wrong} 件：至多 ${bound} %（95 %）`,
  sayGood: (parts, wrong, bound) => `已知良品 ${parts} 件中剔除 ${wrong} 件：至多 ${bound} %（95 %）`,
  noBound: (parts, wrong) => `${parts} 件中误判 ${wrong} 件：无法给出上限`, noBad: "未判定任何已知不良品", noGood: "未判定任何已知良品",
  judged: (day, why) => `${day} 判定，${why}`, whys: { activation: "配方启用时", schedule: "每日", operator: "人工" },
  by: (recipe, model) => `依据配方 ${recipe}，模型 ${model}`, unjudged: (n) => `${n} 件已标签零件无法判定`,
  taught: (n) => `另有 ${n} 件为模型训练用过，不作证明`,
  note: "上限只按模型未用于训练的零件计算。",
  alarm: (n) => `${n} 件已知不良品会被放行`, alarmWhat: "请勿按此配方判定：制作包含这些零件的候选模型，或降低限值。",
};
