/** Words of the page on a phone in English. */
export const phoneEn = {
  title: "Linesman alarms", signIn: "Sign in", token: "This phone's token",
  tokenWhy: "An admin makes it with linesman token add, and names it in alarms.people, sign_in, of the person whose phone this is. It is kept on this phone until you sign out; who has the phone can acknowledge with it.",
  signOut: "Sign out", signOutEffect: "This phone is called no more, and its token is forgotten.", of: (name: string) => `Phone of ${name}`,
  connected: (s: string) => `Connected · last heard ${s} ago`, connecting: "Connecting…", dead: "NOT CONNECTED", deadWhat: (s: string) => `Last heard ${s} ago. No alarm reaches this page now.`, deadNever: "Nothing was heard yet. No alarm reaches this page now.", trying: "Trying again by itself. Check the phone's network.",
  pushOn: "Calls also while closed", pushAsk: "Allow calls while closed", pushDenied: "The phone refuses notifications: allow them in its settings. Until then keep this page open.", pushInsecure: "Opened without https: no calls while closed. Keep this page open.", pushNone: "This box has no Web Push: keep this page open.", pushUnable: "This browser can not be called while closed: keep this page open.", pushFailed: (why: string) => `Not subscribed: ${why}`,
  calm: "No alarm wants you.", calmOld: "What stands now is unknown.", wants: "Acknowledge", wantsNote: "I take care of it", acked: "Acknowledged", ackFailed: (why: string) => `Not acknowledged: ${why}`, acking: "Acknowledging…", said: "Noted", saidFailed: (why: string) => `Not noted: ${why}`,
  others: "All that stands", old: (s: string) => `Not live: as of ${s} ago`, ago: (s: string) => `${s} ago`, newest: "Newest alarm", picture: "Picture when it was raised", more: (n: string) => `and ${n} more`,
  advice: "Advice, no safety function (ISO 13849).",
};

export const phoneZh: typeof phoneEn = {
  title: "Linesman 报警", signIn: "登录", token: "本手机的令牌",
  tokenWhy: "由管理员用 linesman token add 生成，并写入该人员的 alarms.people, sign_in。令牌保存在本手机上，直到退出；持有手机者即可用其确认报警。",
  signOut: "退出", signOutEffect: "本手机不再收到报警，令牌被清除。", of: (name) => `${name} 的手机`,
  connected: (s) => `已连接 · ${s}前有应答`, connecting: "正在连接…", dead: "未连接", deadWhat: (s) => `最后应答在 ${s}前。报警目前无法到达本页面。`, deadNever: "尚无应答。报警目前无法到达本页面。", trying: "正在自动重试。请检查手机网络。",
  pushOn: "关闭后仍可通知", pushAsk: "允许关闭后通知", pushDenied: "手机拒绝通知：请在设置中允许。在此之前请保持本页打开。", pushInsecure: "未使用 https 打开：关闭后无法通知。请保持本页打开。", pushNone: "本设备没有 Web Push：请保持本页打开。", pushUnable: "此浏览器关闭后无法通知：请保持本页打开。", pushFailed: (why) => `未订阅：${why}`,
  calm: "没有需要您处理的报警。", calmOld: "当前状态未知。", wants: "确认", wantsNote: "由我处理", acked: "已确认", ackFailed: (why) => `未确认：${why}`, acking: "正在确认…", said: "已记录", saidFailed: (why) => `未记录：${why}`,
  others: "当前报警", old: (s) => `非实时：${s}前的状态`, ago: (s) => `${s}前`, newest: "最新报警", picture: "报警时的图像", more: (n) => `另有 ${n} 条`,
  advice: "仅为提示，不是安全功能（ISO 13849）。",
};
