import { useEffect, useState, type MouseEvent } from "react";

import { readingToken } from "../access/reading";

/** Fetches what is read by a token as an address of this page's own, to be given back by URL.revokeObjectURL. */
export async function fetchKept(path: string): Promise<string> {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${readingToken()}` } });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return URL.createObjectURL(await answer.blob());
}

/** Of a link to a file: it sends no token, so where this screen reads by one the file is fetched and saved. */
export function saveKept(e: MouseEvent, path: string, name: string) {
  if (!readingToken()) return;
  e.preventDefault();
  void fetchKept(path).then((url) => {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
}

/**
 * An address for an img or a video. An element sends no token, so where this
 * screen reads by one the file is fetched; undefined until it is here, and ""
 * where it is not to be had.
 */
export function useKept(path: string | undefined): string | undefined {
  const [made, setMade] = useState<{ path: string; url: string }>();
  const open = readingToken() === "";
  useEffect(() => {
    if (open || path === undefined) return undefined;
    let current = true;
    let url = "";
    fetchKept(path).then(
      (to) => {
        url = to;
        if (current) setMade({ path, url });
        else URL.revokeObjectURL(url);
      },
      () => current && setMade({ path, url: "" }),
    );
    return () => {
      current = false;
      if (url) URL.revokeObjectURL(url);
    };
  }, [open, path]);
  return open ? path : made?.path === path ? made?.url : undefined;
}
