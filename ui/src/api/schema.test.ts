// @vitest-environment node
import { readFileSync } from "node:fs";

import openapi, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

const here = new URL(".", `file://${__filename}`);

it("schema.d.ts is what openapi.json says (npm run client makes it)", async () => {
  const made = COMMENT_HEADER + astToString(await openapi(new URL("../../openapi.json", here)));
  expect(readFileSync(new URL("schema.d.ts", here), "utf8")).toBe(made);
});
