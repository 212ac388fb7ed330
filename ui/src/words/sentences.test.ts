import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { refusals } from "./refusals";
import { notes, sentence, table } from "./sentences";

// What the box really says: line, watch, rules and alarm write these.
test.each([
  ["caps-1 is blind: camera top is stalled: triggered, but no frames", "caps-1 失明：相机 top 无图像：已触发，但没有收到图像"],
  ["caps-1 is held: gates in reject: ejection not confirmed, heartbeat lost", "caps-1 已锁停：闸口保持剔除：剔除未确认，心跳丢失"],
  ["gates in reject: asked by the PC: a reject was not confirmed", "闸口保持剔除：由本机请求：剔除件未得到确认"],
  ["the controller does not answer: dial tcp 10.0.0.7:502: i/o timeout", "控制器无响应：dial tcp 10.0.0.7:502: i/o timeout"],
  ["camera top is down: no frame for 2m5s; opening the camera again", "相机 top 故障：已 2 分 5 秒 没有图像，正在重新打开相机"],
  ["caps-1, camera top: parts and belt are 22 % darker than at first", "caps-1，相机 top：零件与皮带比最初暗 22 %"],
  ["somebody in the cell: person 3 in zone walkway for 12s; and 2 more", "somebody in the cell：区域 walkway 内人员 3，已 12 秒；另有 2 个"],
  ["helmets: person 7 in zone yard, helmet missing in 5 pictures over 3 s", "helmets：区域 yard 内人员 7，未戴安全帽（3 秒内 5 幅图像）"],
  ["too near: person 1, 1.4 m from forklift 2", "too near：人员 1，距叉车 2 1.4 米"],
  ["too near: person 1, 1.4 m from zone press; press-1 is running", "too near：人员 1，距区域 press 1.4 米；press-1 运行中"],
  ["tape: person 4, out over line tape (not seen now: the picture is covered)", "tape：人员 4，离开，越过线 tape（目前看不到：画面被遮挡）"],
  ["somebody in the cell: person 3 in zone walkway, and 12 more in zone yard", "somebody in the cell：区域 walkway 内人员 3，区域 yard 另有 12 条"],
  ["3 in hall by the head count at 14:00, and nobody has counted", "14:00 时 hall 内计数为 3 人，尚无人清点"],
  ["0.62 of the sharpness is lost (limit 0.50): clean the lens, then focus it", "清晰度损失 0.62（限值 0.50）：请清洁镜头，然后重新对焦"],
  ["no phone of li is connected: open the alarm page on it and sign in", "li 没有已连接的手机：请在手机上打开报警页面并登录"],
  ["drill failed: path everybody by beacon", "演练失败：全体 经 beacon 的路径"],
  ["no phone can be reached", "no phone can be reached"],
  ['token:tablet has not the right "recipe": an admin gives it by a role (linesman user role) or a token with that scope (linesman token add)', "token:tablet 没有“更改配方”权限：由管理员赋予角色（linesman user role）或带此权限的令牌（linesman token add）"],
  ["token:tablet is not for line caps-2, only for caps-1", "token:tablet 无权操作产线 caps-2，仅限 caps-1"],
  ["token:tablet is not for line caps-2", "token:tablet 无权操作产线 caps-2"],
  ["503 Service Unavailable", "设备拒绝了请求（503）"],
  ["access: not known: the secret of token 7f3 is wrong: copy it anew, or have another made; an admin makes a token with linesman token add", "令牌 7f3 的密钥不正确：请重新复制，或请管理员另建一个"],
  ["clear the cause, then release: the controller's button or linesman line release", "排除原因后释放：按控制器上的按钮，或执行 linesman line release"],
])("the box says %s", (said, zh) => {
  expect(sentence(said, "zh")).toBe(zh);
  expect(sentence(said, "en")).toBe(said);
});

test.each(["Leave the cell.", "请离开该区域", "Halt: Kran 3", "", "GET https://plant/x: 404", "somebody in the cell: cargo 3"])("what the site's own file says stands as it came: %s", (text) => {
  expect(sentence(text, "zh")).toBe(text);
});

// A sentence that the box does not say any more would be English again, and nobody would notice.
const box = ["line", "plc", "camera", "camera/rtsp", "vision/tamper", "watch", "scene", "rules", "alarm", "alarm/webpush", "access", "recipe", "api", "cmd/linesman"]
  .flatMap((room) => readdirSync(`../${room}`).filter((f) => f.endsWith(".go") && !f.endsWith("_test.go")).map((f) => readFileSync(`../${room}/${f}`, "utf8")))
  .concat(readFileSync("src/api/client.ts", "utf8")).join("\n").replaceAll('\\"', '"');
test.each([...table, ...notes, ...refusals].map(([said]) => [said.source]))("the box still says %s", (source) => {
  const pieces = source.replace(/^\^|\$$/g, "").replaceAll(/\\([().])/g, (_, c: string) => ({ "(": "\u0001", ")": "\u0002", ".": "\u0003" })[c]!).split(/\([^()]*\)\??|\.\+|\?|\\S\+/)
    .map((p) => p.replaceAll("\u0001", "(").replaceAll("\u0002", ")").replaceAll("\u0003", "."));
  const longest = pieces.reduce((a, b) => (b.length > a.length ? b : a), "");
  if (longest.length > 8) expect(box.includes(longest.replaceAll(/^[" ]+|[" ]+$/g, "")), longest).toBe(true);
});
