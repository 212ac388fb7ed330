import { expect, it } from "vitest";

import { read, write } from "./hash";

it.each([[{}], [{ line: "caps-1", eyes: true }], [{ safety: true }], [{ alarms: true, alarm: "01890000-0000" }]] as const)("%j comes back from the address", (hash) => expect(read(`#${write(hash)}`)).toEqual(hash));
it("what the address says besides is left alone", () => expect(read("#line=&other=1&safety")).toEqual({ safety: true }));
