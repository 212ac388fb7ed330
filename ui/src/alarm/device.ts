import type { Phones } from "../api/client";

type Reach = Phones["recipients"][number];
type Page = Phones["phones"][number];

/** One device of a person: what was heard of it, and the last message that it said it has. */
export interface DeviceHeard {
  kind: "page" | "push" | "other";
  /** Its short name or the page's own id; "" where answers do not tell. */
  name: string;
  /** Of an installed page that was connected since the appliance began. */
  page?: Page;
  /** Undefined: it never said that it has a message, as far back as the log goes. */
  answer?: Reach["answers"][number];
}

/** All devices of a person: pages first, then those of Web Push, then answers of whom nobody knows from which. */
export function devicesOf(reach: Reach, pages: Page[]): DeviceHeard[] {
  const answerOf = (driver: string, name: string) => {
    const answer = reach.answers.find((a) => a.driver === driver && a.device === name);
    return answer ? { answer } : {};
  };
  const gone = reach.answers.filter((a) => a.driver === "page" && a.device && !pages.some((p) => p.device === a.device));
  return [
    ...pages.map((page) => ({ kind: "page" as const, name: page.device, page, ...answerOf("page", page.device) })),
    ...gone.map((answer) => ({ kind: "page" as const, name: answer.device ?? "", answer })),
    ...reach.push_devices.map((name) => ({ kind: "push" as const, name, ...answerOf("webpush", name) })),
    ...reach.answers.filter((a) => !a.device && (a.driver === "page" || a.driver === "webpush")).map((answer) => ({ kind: "other" as const, name: answer.channel, answer })),
  ];
}
