/** One message of a stream of Server-Sent Events. */
export interface Message {
  name: string;
  data: string;
}

/** Takes a stream's text as it comes, in pieces of any size, and returns the messages that are whole by then. */
export class Parser {
  private rest = "";
  private name = "";
  private data: string[] = [];

  take(text: string): Message[] {
    const out: Message[] = [];
    const lines = (this.rest + text).split(/\r\n|\n/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) out.push({ name: this.name || "message", data: this.data.join("\n") });
        this.name = "";
        this.data = [];
      } else if (!line.startsWith(":")) {
        const [field = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line)?.slice(1) ?? [line];
        if (field === "event") this.name = value;
        if (field === "data") this.data.push(value);
      }
    }
    return out;
  }
}
