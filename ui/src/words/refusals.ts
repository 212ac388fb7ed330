import type { Sentence } from "./sentences";

const rights: Record<string, string> = { read: "查看", acknowledge: "确认报警", recipe: "更改配方", users: "管理用户" };

/** Why the box does not do what a page asked of it. What an act wants of whoever scripts it stands as it came. */
export const refusals: readonly Sentence[] = [
  // Nobody answers.
  [/^the appliance does not answer: look at the network, and whether it runs$/, "设备无响应：请检查网络以及设备是否在运行"],
  [/^([45]\d\d) ([A-Z][A-Za-z -]+)$/, (status) => `设备拒绝了请求（${status}）`],
  [/^(.+) failed; the appliance's own log says why$/, (doing) => `操作失败（${doing}）；原因见设备自身的日志`],
  [/^the log's disk is full, and nothing was stored: .+$/, "日志磁盘已满，未保存任何内容：请腾出空间（linesman doctor 显示占用情况），然后重试"],
  [/^the log is closing: send the same again$/, "日志正在关闭：请重试"],
  // Who asks.
  [/^this needs a token: .+$/, "需要令牌：请登录；管理员用 linesman token add 创建令牌"],
  [/^no token can be checked now: .+$/, "目前无法核对令牌：请查看设备日志并运行 linesman doctor"],
  [/^(\S+) has not the right "(\w+)": .+$/, (who, right) => `${who} 没有“${rights[right] ?? right}”权限：由管理员赋予角色（linesman user role）或带此权限的令牌（linesman token add）`],
  [/^(\S+) is not for line (\S+?)(?:, only for (.+))?$/, (who, line, only) => `${who} 无权操作产线 ${line}${only ? `，仅限 ${only}` : ""}`],
  [/^(?:access: not known: )this is no token of this appliance: .+$/, "不是本设备的令牌：应为 linesman token add 输出的 lm_ID_SECRET"],
  [/^(?:access: not known: )no token of this appliance has the id (\S+); .+$/, (id) => `本设备没有编号为 ${id} 的令牌；管理员用 linesman token add 创建令牌`],
  [/^(?:access: not known: )the secret of token (\S+) is wrong: .+$/, (id) => `令牌 ${id} 的密钥不正确：请重新复制，或请管理员另建一个`],
  [/^(?:access: revoked: )token (\S+) \((.+)\) was revoked at (\S+); .+$/, (id, name, at) => `令牌 ${id}（${name}）已于 ${at} 撤销；请管理员另建一个`],
  [/^(?:access: expired: )token (\S+) \((.+)\) ended at (\S+); .+$/, (id, name, at) => `令牌 ${id}（${name}）已于 ${at} 到期；请管理员另建一个`],
  [/^(?:access: too many at once: ).+$/, "同时请求过多；请稍候一秒再试"],
  // Alarms.
  [/^this appliance keeps no alarms$/, "本设备不管理报警"],
  [/^there is no alarm "(.+)"$/, (id) => `没有报警 ${id}`],
  [/^alarm (\S+) is a drill and ends by itself$/, (id) => `报警 ${id} 为演练，会自行结束`],
  [/^shelved until (\S+): want an end after now and within (\S+) \(alarms\.shelve_at_most\)$/, (until, most) => `搁置至 ${until}：结束时间须晚于现在且不超过 ${most}（alarms.shelve_at_most）`],
  [/^the key "(.+)" is not shelved$/, (key) => `${key} 未被搁置`],
  [/^the key "(.+)" is not out of service$/, (key) => `${key} 未停用`],
  [/^an operator takes nothing out of service: .+$/, "操作员不能停用报警：请搁置该报警，或请安全员、工程师处理"],
  [/^(\S+) is for some lines only, and a key may reach further$/, (who) => `${who} 仅限部分产线，而停用可能影响更多产线`],
  [/^there is no path to drill: .+$/, "没有可演练的路径：alarms.rosters 未列出，或 alarms.drill.skip 全部跳过"],
  [/^a drill is under way; it ends within (\S+)$/, (within) => `演练正在进行；将在 ${within} 内结束`],
  [/^this notice tells of more than one alarm: .+$/, "此通知包含多个报警：请在报警页面逐一说明"],
  // Phones.
  [/^alarms\.channels has none with driver (\S+)$/, (driver) => `alarms.channels 中没有驱动为 ${driver} 的通道`],
  [/^nobody of alarms\.people is called (.+)$/, (who) => `alarms.people 中没有 ${who}`],
  [/^(\S+) is nobody's sign-in: .+$/, (who) => `${who} 不是任何人的登录名：请在 alarms.people 中为此手机的使用者填写 sign_in`],
  [/^this phone's stream is not open: .+$/, "此手机的连接未打开：请重新打开报警页面"],
  // Parts and recipes.
  [/^no event of part (\S+): it never was here, or its events have expired$/, (id) => `没有零件 ${id} 的事件：从未到过此处，或其事件已过期`],
  [/^no verdict on part (\S+): it never was here, or its events have expired$/, (id) => `没有零件 ${id} 的判定：从未到过此处，或其事件已过期`],
  [/^no picture of part (\S+) was kept, so nothing can be compared$/, (id) => `未保存零件 ${id} 的图像，无法对比`],
  [/^part (\S+) passed: only what speaks against a rejected part is compared with good ones$/, (id) => `零件 ${id} 为合格：仅将剔除件的不利之处与良品对比`],
  [/^this appliance compares no parts with good ones$/, "本设备不与良品对比"],
  [/^recipe (\S+) is not on the shelf \(.+$/, (id) => `配方库中没有配方 ${id}（linesman recipe list 列出现有配方）`],
  [/^recipe (\S+) was not tested on recorded parts: .+$/, (id) => `配方 ${id} 尚未用已记录零件测试：linesman recipe test`],
  [/^recipe (\S+) is tested and not signed: .+$/, (id) => `配方 ${id} 已测试但未签署：linesman recipe sign ${id}`],
  [/^recipe (\S+): the signature of (\S+) stands under other contents or another report: .+$/, (id, who) => `配方 ${id}：${who} 的签名对应另一内容或报告：请重新签署（linesman recipe sign ${id}）`],
  [/^recipe (\S+): its report is not the one that was signed: test and sign it again$/, (id) => `配方 ${id}：报告与签署时不同：请重新测试并签署`],
  [/^line (\S+) judges by (\S+) already$/, (line, r) => `产线 ${line} 已按 ${r} 判定`],
  [/^line (\S+) judges by (\S+) by now, not by (\S+): .+$/, (line, now, from) => `产线 ${line} 现按 ${now} 判定，而非 ${from}：请重新查看后再退回`],
  [/^line (\S+): no version was active before$/, (line) => `产线 ${line}：此前没有启用过其他版本`],
  [/^this appliance has no candidates$/, "本设备没有候选版本"],
  // Cameras and spaces.
  [/^line (\S+): its cameras are not watched$/, (line) => `产线 ${line}：未监视其相机`],
  [/^line "(.+)" is not of this site; .+$/, (line) => `本站点没有产线 ${line}`],
  [/^reason: say why what is seen now is right$/, "请说明为何当前画面正确"],
  [/^this site has no safety cameras$/, "本站点没有安全相机"],
  [/^this site watches no space$/, "本站点没有监视的区域空间"],
  [/^this appliance has no safety cameras, so there is nothing to look at a second time$/, "本设备没有安全相机，无需复看"],
];
