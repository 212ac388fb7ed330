/** The token by which this screen reads, where the site wants one to read (access.reading: token). */
const name = "reading.token";

/** "" where there is none: then nothing is proven, and reading is open or refused. */
export const readingToken = () => window.localStorage.getItem(name) ?? "";

export function keepReading(token: string) {
  if (token) window.localStorage.setItem(name, token);
  else window.localStorage.removeItem(name);
}
