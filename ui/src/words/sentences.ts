import type { Code } from "./Language";
import { refusals } from "./refusals";
import { zh } from "./words";

/**
 * What the box says in English, in Chinese. The log and every push keep the box's own
 * words: whoever wrote them, they must read the same wherever they are read. A sentence
 * that is not in the table stands as it came, and so do names, rules and what a site's
 * own file says.
 */
export function sentence(text: string, code: Code): string {
  return code === "zh" ? chinese(text) : text;
}

export type Sentence = readonly [said: RegExp, zh: string | ((...found: string[]) => string)];

const things: Record<string, string> = { ...zh.watch.labels, ...zh.watch.sights, machinery: "机械", cone: "锥桶", goods: "物品", vehicle: "车辆" };
const worn: Record<string, string> = { missing: "未戴", worn: "已戴", unknown: "看不清" };
const cameraIs = zh.cameraStates;
const pictureIs = zh.watch.faults;
const lineIs: Record<string, string> = zh.states;
const holds: Record<string, string> = {
  "controller restarted": "控制器已重启", "heartbeat lost": "心跳丢失", "asked by the PC": "由本机请求", "asked by the operator": "由操作员请求",
  "ejection not confirmed": "剔除未确认", "part at the exit that was not passed": "出口出现未放行的零件", "parts without an entry": "零件没有登记",
};

/** The first that a whole text matches says it. */
export const table: readonly Sentence[] = [
  // A line, in its banner and its alarms.
  [/^(\S+) is (held|blind): (.+)$/, (line, state, why) => `${line} ${lineIs[state]!}：${chinese(why)}`],
  [/^gates in reject: (.+)$/, (why) => `闸口保持剔除：${held(why)}`],
  [/^the controller does not answer$/, "控制器无响应"],
  [/^the controller was not read yet$/, "尚未读取控制器"],
  [/^the belt stands$/, "皮带静止"],
  [/^the appliance was stopped$/, "设备已停止运行"],
  [/^starting$/, "正在启动"],
  [/^camera (\S+) is stalled: triggered, but no frames$/, (c) => `相机 ${c} 无图像：已触发，但没有收到图像`],
  [/^camera (\S+) is (stalled|down|frozen|connecting|ended): ?(.*)$/, (c, state, why) => `相机 ${c} ${cameraIs[state]!}${why ? `：${chinese(why)}` : ""}`],
  [/^no frame for (\S+); opening the camera again$/, (s) => `已 ${span(s)} 没有图像，正在重新打开相机`],
  [/^a reject was not confirmed$/, "剔除件未得到确认"],
  [/^it was to be rejected, but the ejection sensor did not confirm it$/, "应当剔除，但剔除传感器未确认"],
  [/^a part of lane (\d+) never came to its gate$/, (lane) => `通道 ${lane} 有一件未到达闸口`],
  [/^the controller asks for product (\d+), which lines\.(\S+)\.products of the site file does not name$/, (n, line) => `控制器请求产品 ${n}，但站点文件的 lines.${line}.products 中没有该编号`],
  [/^the controller asks for (.+), and the line has nobody who changes its recipe$/, (what) => `控制器请求 ${what}，但该产线没有自动切换配方`],
  [/^the controller asks for (.+), which can not be judged: (.+)$/, (what, why) => `控制器请求 ${what}，但无法按其判定：${why}`],
  [/^check the controller's power, cable and address; the gates rest in reject$/, "请检查控制器的电源、网线和地址；闸口保持剔除状态"],
  [/^check the camera's power, cable and lens$/, "请检查相机的电源、线缆和镜头"],
  [/^clear the cause, then release: the controller's button or linesman line release$/, "排除原因后释放：按控制器上的按钮，或执行 linesman line release"],
  [/^take it off the good side, check the ejector, then release the line$/, "从良品侧取下该件，检查剔除器，然后释放产线"],
  [/^check the ejector and the reject bin of lane (\d+), then release the line$/, (lane) => `检查通道 ${lane} 的剔除器和剔除箱，然后释放产线`],
  [/^name the number in products, or choose another product at the controller; then release the line$/, "在 products 中添加该编号，或在控制器上选择其他产品；然后释放产线"],
  [/^mend the cause and change over by hand, or choose another product at the controller; then release the line$/, "排除原因后人工切换，或在控制器上选择其他产品；然后释放产线"],
  [/^set the number at the controller to 0$/, "请将控制器上的编号设为 0"],
  // Drift.
  [/^(\S+), camera (\S+): (.+)$/, (line, c, why) => `${line}，相机 ${c}：${chinese(why)}`],
  [/^parts and belt are (\S+) % (brighter|darker) than at first$/, (n, way) => `零件与皮带比最初${way === "brighter" ? "亮" : "暗"} ${n} %`],
  [/^the light's colour has changed by (.+)$/, (by) => `光的颜色已变化 ${by}`],
  [/^parts and belt have not changed alike: (\S+) dE between them \(parts (\S+) %, belt (\S+) %\)$/, (d, p, b) => `零件与皮带变化不一致：相差 ${d} dE（零件 ${p} %，皮带 ${b} %）`],
  [/^the parts' edges are (\S+) % (wider|narrower) than at first$/, (n, way) => `零件边缘比最初${way === "wider" ? "宽" : "窄"} ${n} %`],
  [/^the parts lie (\S+) px \((\S+) mm\) beside where they lay at first$/, (px, mm) => `零件位置比最初偏移 ${px} 像素（${mm} 毫米）`],
  [/^the parts are (\S+) % (larger|smaller) in the picture than at first$/, (n, way) => `零件在画面中比最初${way === "larger" ? "大" : "小"} ${n} %`],
  [/^a place at (\S+), (\S+) is (\S+) % (brighter|darker) than at first in every picture while the belt moves$/, (x, y, n, way) => `皮带运行时每幅画面中 ${x}, ${y} 处都比最初${way === "brighter" ? "亮" : "暗"} ${n} %`],
  [/^parts score (\S+) on average, at first (\S+) \(1 is the threshold\)$/, (now, first) => `零件平均得分 ${now}，最初 ${first}（1 为阈值）`],
  [/^check the lamps, their supply and the exposure; clean lens and lamps$/, "检查灯具、供电和曝光；清洁镜头和灯具"],
  [/^check the lamps' colour, stray daylight and the camera's white balance$/, "检查灯具颜色、外来日光和相机白平衡"],
  [/^compare part and belt with those of teaching: .+$/, "与示教时的零件和皮带对比：清洁皮带；若产品颜色已改变，请重新示教"],
  [/^check that the lens is tight, clean and focused on the parts$/, "检查镜头是否紧固、清洁并对焦于零件"],
  [/^check the camera's mount and the lanes' guides; .+$/, "检查相机支架和通道导轨；若相机位置不再改回，请重新设定视图的 at_mm"],
  [/^check the camera's height and the lens; .+$/, "检查相机高度和镜头；若不再改回，请重新测量 mm_per_px"],
  [/^clean the lens and the glass before it$/, "清洁镜头及其前方的玻璃"],
  [/^look at the lowest passes beside good parts of teaching; .+$/, "将得分最低的合格件与示教良品对比；若确为良品，请重新示教"],
  // Recipes and limit samples.
  [/^(\S+): recipe (\S+) lets (\d+) of (\d+) known-bad parts through$/, (line, r, n, of) => `${line}：配方 ${r} 放行了 ${of} 件已知不良品中的 ${n} 件`],
  [/^(\S+): recipe (\S+) rejects (\d+) of (\d+) known-good parts$/, (line, r, n, of) => `${line}：配方 ${r} 剔除了 ${of} 件已知良品中的 ${n} 件`],
  [/^look at what passed since; take the version back \(linesman recipe back\) or make a candidate that knows these parts$/, "查看此后放行的零件；退回上一版本（linesman recipe back），或制作认识这些零件的候选版本"],
  [/^look at the parts that linesman sample judge names; make a candidate that knows them$/, "查看 linesman sample judge 列出的零件；制作认识它们的候选版本"],
  [/^(\S+) goes on by (\S+): (\S+) was refused$/, (line, by, refused) => `${line} 继续按 ${by} 判定：${refused} 被拒绝`],
  // Head counts, drills, safety cameras.
  [/^(\d+) in (.+) by the head count at (\S+), and nobody has counted$/, (n, space, at) => `${at} 时 ${space} 内计数为 ${n} 人，尚无人清点`],
  [/^how many are in (.+) at (\S+) is not known \((.+)\)$/, (space, at, why) => `${at} 时 ${space} 内人数未知（${why}）`],
  [/^Go and count who is in (.+), then set its head count on the page of the safety cameras\.$/, (space) => `请清点 ${space} 内人员，然后在安全相机页面设定人数。`],
  [/^Drill: this alarm is staged, nothing is wrong$/, "演练：此报警为预设，一切正常"],
  [/^nothing: it only has to arrive$/, "无需处理：只需送达"],
  [/^drill failed: path (.+) by (\S+)$/, (who, by) => `演练失败：${who === "everybody" ? "全体" : who} 经 ${by} 的路径`],
  [/^an alarm would not have arrived either: see (\S+) and the device of (.+)$/, (setting, who) => `真实报警同样不会送达：请检查 ${setting} 和 ${who === "the channel" ? "该通道" : who} 的设备`],
  [/^the picture is (covered|moved|blurred|dark|frozen)$/, (is) => `画面${pictureIs[is]!}`],
  [/^the picture is damaged by losses on the network$/, "图像因网络丢包而损坏"],
  [/^mean brightness (\S+), below (\S+) of 255 nothing can be seen: .+$/, (v, of) => `平均亮度 ${v}，低于 ${of}（共 255）即无法看清：请开灯，或检查镜头是否被遮挡`],
  [/^(\S+) of the scene is gone \(limit (\S+)\) and there is little detail: .+$/, (v, of) => `场景有 ${v} 消失（限值 ${of}），几乎没有细节：请检查镜头前方`],
  [/^the scene stands (\S+) of the picture's width from where it was \(limit (\S+)\): .+$/, (v, of) => `场景偏离原位 ${v} 个画面宽度（限值 ${of}）：请将相机转回，或确认画面正确`],
  [/^(\S+) of the scene is gone \(limit (\S+)\) and another one is there: .+$/, (v, of) => `场景有 ${v} 消失（限值 ${of}），出现了另一场景：请将相机转回，或确认画面正确`],
  [/^(\S+) of the sharpness is lost \(limit (\S+)\): .+$/, (v, of) => `清晰度损失 ${v}（限值 ${of}）：请清洁镜头，然后重新对焦`],
  [/^(\S+) pictures without motion or noise \(limit (\S+)\), where this camera had both: .+$/, (n, of) => `连续 ${n} 幅图像没有运动和噪声（限值 ${of}），而此相机两者皆有：请重启相机`],
  [/^the same picture to the last bit for (\S+) s \(limit (\S+) s\): .+$/, (n, of) => `${n} 秒内图像完全相同（限值 ${of} 秒）：请重启相机`],
  [/^rtsp camera at (\S+): it can not be reached \((.+)\); check its address, cable and power$/, (at, why) => `RTSP 相机 ${at} 无法连接（${why}）；请检查其地址、线缆和电源`],
  [/^no phone of (\S+) is connected: open the alarm page on it and sign in$/, (who) => `${who} 没有已连接的手机：请在手机上打开报警页面并登录`],
  [/^no phone of (\S+) is connected; last heard (\S+) ago$/, (who, ago) => `${who} 没有已连接的手机；上次在线为 ${span(ago)}前`],
  [/^no device of (\S+) has subscribed: open the alarm page on it and allow notifications(?:: .+)?$/, (who) => `${who} 没有已订阅的设备：请在设备上打开报警页面并允许通知`],
  [/^sent (\d+) times, and no receipt came$/, (n) => `已发送 ${n} 次，未收到回执`],
  [/^no picture yet$/, "尚无图像"],
  [/^the camera sends no colours: safety cameras must$/, "相机未输出彩色图像：安全相机必须输出彩色"],
  [/^the detector failed: (.+)$/, (why) => `检测器出错：${why}`],
  [/^the box has not the cores: it looks at (\S+) frames a second of (\S+) asked for, and (\S+) came$/, (saw, of, came) => `设备算力不足：要求 ${of} 帧/秒，收到 ${came}，仅查看 ${saw}`],
  [/^the camera sends (\S+) frames a second of (\S+) asked for$/, (sends, of) => `相机仅发送 ${sends} 帧/秒，要求 ${of}`],
  [/^(.+), and (\d+) more in (.+)$/, (first, n, place) => `${chinese(first)}，${zoned(place)} 另有 ${n} 条`],
  [/^(.+) \(not seen now: (.+)\)$/, (text, why) => `${chinese(text)}（目前看不到：${chinese(why)}）`],
];

const held = (why: string): string => {
  const [reasons = "", ...asked] = why.split(": ");
  const said = reasons.split(", ").map((r) => holds[r] ?? r).join("，");
  return asked.length > 0 ? `${said}：${chinese(asked.join(": "))}` : said;
};

/** One of those that a rule speaks of. */
export const notes: readonly Sentence[] = [
  [/^and (\d+) more$/, (n) => `另有 ${n} 个`],
  [/^(\d+) in (.+)$/, (n, space) => `${space} 内 ${n} 人`],
  [/^at least (\d+) in (.+)$/, (n, space) => `${space} 内至少 ${n} 人`],
  [/^(helmet|vest|mask) (missing|worn|unknown)(?: in (\d+) pictures over (\d+) s)?$/, (item, is, n, s) => `${worn[is]!}${zh.watch.dress[item]!}${n ? `（${s} 秒内 ${n} 幅图像）` : ""}`],
  [/^(\S+) m\/s$/, (v) => `${v} 米/秒`],
  [/^(\S+) body heights a second$/, (v) => `每秒 ${v} 倍身高`],
  [/^(\S+) m from (.+)$/, (m, what) => `距${zoned(what)} ${m} 米`],
  [/^(\S+) body heights from (.+)$/, (m, what) => `距${zoned(what)} ${m} 倍身高`],
  [/^(in|out) over line (.+)$/, (way, line) => `${way === "in" ? "进入" : "离开"}，越过线 ${line}`],
  [/^the log has not said whether (.+) runs: it is taken to$/, (line) => `日志未说明 ${line} 是否运行：按运行处理`],
  [/^(\S+) is (running|held|stopped|blind)$/, (line, is) => `${line} ${lineIs[is]!}`],
];

const zoned = (what: string) => (what.startsWith("zone ") ? what.replace("zone ", "区域 ") : member(what));

function member(text: string): string {
  const whole = find(notes, text);
  if (whole !== undefined) return whole;
  const m = /^([a-z-]+)( \d+)?(?: in zone ([^,]+?))?(?: for ((?:\d+h)?(?:\d+m)?\d+s))?(?:, (.+))?$/.exec(text);
  const [, label = "", number = "", zone, stays, note] = m ?? [];
  const thing = things[label];
  if (!thing) return text;
  return `${zone ? `区域 ${zone} 内` : ""}${thing}${number}${stays ? `，已 ${span(stays)}` : ""}${note ? `，${find(notes, note) ?? note}` : ""}`;
}

/** A duration as the box writes it: 1h2m3s. */
const span = (text: string) => text.replace(/(\d)h/, "$1 小时 ").replace(/(\d)m(?!s)/, "$1 分 ").replace(/(\d)s/, "$1 秒");

function find(of: readonly Sentence[], text: string): string | undefined {
  for (const [said, zh] of of) {
    const m = said.exec(text);
    if (m) return typeof zh === "string" ? zh : zh(...m.slice(1));
  }
  return undefined;
}

function chinese(text: string): string {
  return find(table, text) ?? find(refusals, text) ?? halves(text) ?? text;
}

/** "WHAT: WHY", and where a rule speaks its name, which is the site's own, then of whom. */
function halves(text: string): string | undefined {
  const at = text.indexOf(": ");
  if (at < 0) return undefined;
  const head = text.slice(0, at);
  const rest = text.slice(at + 2);
  const what = find(table, head);
  if (what !== undefined) return `${what}：${chinese(rest)}`;
  const of = rest.split("; ");
  const said = of.map(member);
  return said.some((m, i) => m !== of[i]) ? `${head}：${said.join("；")}` : undefined;
}
