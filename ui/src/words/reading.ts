/** Words of signing a screen in to read, in English. */
export const readingEn = {
  why: "This appliance shows nothing without a token.", token: "Token of this screen", signIn: "Sign in", signOut: "Sign out",
  note: "An admin makes it with: linesman token add wall -c site.yaml --read '*'. It is kept in this browser until somebody signs out; whoever sits here can read with it.",
};

export const readingZh: typeof readingEn = {
  why: "没有令牌，本设备不显示任何内容。", token: "本屏幕的令牌", signIn: "登录", signOut: "退出",
  note: "由管理员生成：linesman token add wall -c site.yaml --read '*'。令牌保存在本浏览器中，直到退出；使用本屏幕的人均可凭它查看。",
};
