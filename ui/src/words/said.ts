/** Words of saying what a judged part really is, in English. */
export const saidEn = {
  title: "What it really is", asks: "Was the verdict right? Limit samples and learning live on the answer. Nothing that judges changes by it.",
  falseReject: "Good part: false reject", defect: "Really defective", missed: "Missed defect", good: "Good part: rightly passed", none: "Take back",
  effects: {
    "false reject": "The part was rejected and is good. Its pictures are held for as long as this stands.",
    defect: "The part was rejected, and rightly. Its pictures are held for as long as this stands.",
    "missed defect": "The part passed and is defective. Its pictures are held for as long as this stands.",
    good: "The part passed, somebody looked, and it is good. Its pictures are held for as long as this stands.",
    none: "What was said of this part no longer counts, and its pictures are no longer held.",
  },
  labels: { "false reject": "Good part: false reject", defect: "Really defective", "missed defect": "Missed defect", good: "Good part: rightly passed", none: "Taken back" } as Record<string, string>,
  by: (label: string, who: string, when: string) => `${label}, said by ${who}, ${when}`,
  unlearned: (why: string) => `It counts, but nothing can be learned from it: ${why}`,
  which: "Which defect", typed: "Another name", typedNote: "One line, at most 40 characters: crack, stain, chip", needed: "A missed defect needs its class.",
  list: "Which parts", rejects: "Rejected", passes: "Passed",
  noPasses: "No passed part with a picture among the last. Of passes one in some keeps its picture.", lastPasses: "Last passes with a picture", reading: "Loading…",
};

export const saidZh: typeof saidEn = {
  title: "实际情况", asks: "判定是否正确？极限样件与学习都以此为依据。不会因此改变任何判定。",
  falseReject: "良品：误剔除", defect: "确有缺陷", missed: "漏检缺陷", good: "良品：放行正确", none: "撤回",
  effects: {
    "false reject": "该件被剔除，但为良品。标注有效期间保留其图像。",
    defect: "该件被剔除，剔除正确。标注有效期间保留其图像。",
    "missed defect": "该件被放行，但有缺陷。标注有效期间保留其图像。",
    good: "该件被放行，经人查看为良品。标注有效期间保留其图像。",
    none: "此前对该件的标注不再计入，其图像不再保留。",
  },
  labels: { "false reject": "良品：误剔除", defect: "确有缺陷", "missed defect": "漏检缺陷", good: "良品：放行正确", none: "已撤回" },
  by: (label, who, when) => `${label}，由 ${who} 于 ${when} 标注`,
  unlearned: (why) => `计入统计，但无法用于学习：${why}`,
  which: "何种缺陷", typed: "其他名称", typedNote: "一行，最多 40 个字符：裂纹、污渍、缺角", needed: "漏检缺陷必须注明类别。",
  list: "显示哪些零件", rejects: "剔除", passes: "合格",
  noPasses: "最近没有保存图像的合格件。合格件仅抽样保存图像。", lastPasses: "最近保存图像的合格件", reading: "加载中…",
};
