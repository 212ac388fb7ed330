import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";

import { fetchAlarms, type Alarm, type Notice } from "../api/client";
import { remembered } from "../worker/kept";
import { notification, sayReceipt, type Told } from "../worker/told";
import { hold, type Link } from "./hold";
import { device, keepLast, keepNotices, keptLast, keptNotices, withNotice } from "./keep";

/** An answer about what stands that is older than this is not shown as present (ms). */
export const oldAfter = 12_000;
const askEvery = 4000;

const asNotice = (told: Told): Notice => ({ ...told, severity: told.severity as Notice["severity"], drill: told.drill ?? false, alarms: [told.alarm] });

/** Shows a notice outside the page, where nobody looks at the page. The same alarm is the same notification. */
async function showOutside(notice: Notice): Promise<void> {
  if (document.visibilityState === "visible" || !("serviceWorker" in navigator) || !("Notification" in window) || Notification.permission !== "granted") return;
  const worker = await navigator.serviceWorker.getRegistration("/phone");
  if (!worker) return;
  const { title, options } = notification(notice, await worker.getNotifications({ tag: notice.alarm }));
  await worker.showNotification(title, options);
}

/** All that a phone knows: whether it is reached, what it was told, and what stands. */
export function usePhone(token: string) {
  const queries = useQueryClient();
  const [link, setLink] = useState<Link>({ open: false });
  const [notices, setNotices] = useState<Notice[]>(keptNotices);
  const [began] = useState(() => performance.now());

  const told = useCallback((notice: Notice) => {
    setNotices((before) => {
      const after = withNotice(before, notice);
      keepNotices(after);
      return after;
    });
    if (window.location.hash) window.location.hash = ""; // what is new is shown before what was asked for
    void queries.invalidateQueries({ queryKey: ["standing"] });
    navigator.vibrate?.([400, 150, 400]);
    sayReceipt(notice.token, "received", { device: device() }).catch(() => undefined); // the box sends again without it
    void showOutside(notice).catch(() => undefined);
  }, [queries]);

  useEffect(() => hold({ token, device: device(), told, changed: setLink }), [token, told]);

  // What was pushed while the page was closed: its tokens are needed to acknowledge.
  useEffect(() => {
    const read = () => {
      if (document.visibilityState !== "visible") return;
      void remembered()
        .then((all) => setNotices((before) => all.filter((n) => !before.some((b) => b.id === n.id)).reduce((list, n) => withNotice(list, asNotice(n)), before)))
        .catch(() => undefined);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, []);

  useEffect(() => {
    if (!("serviceWorker" in navigator)) return undefined;
    const heard = (e: MessageEvent<{ told?: Told; show?: string }>) => {
      if (e.data.told) {
        const pushed = asNotice(e.data.told);
        setNotices((before) => (before.some((n) => n.id === pushed.id) ? before : withNotice(before, pushed)));
      }
      if (e.data.show) window.location.hash = new URLSearchParams({ alarm: e.data.show }).toString();
    };
    navigator.serviceWorker.addEventListener("message", heard);
    return () => navigator.serviceWorker.removeEventListener("message", heard);
  }, []);

  const standing = useQuery({ queryKey: ["standing", token], queryFn: () => fetchAlarms(token), refetchInterval: askEvery, refetchIntervalInBackground: true, retry: false });
  useEffect(() => {
    if (standing.data) keepLast({ at: standing.dataUpdatedAt, now: standing.data.now, alarms: standing.data.alarms });
  }, [standing.data, standing.dataUpdatedAt]);
  const [before] = useState(keptLast);
  const alarms: Alarm[] | undefined = standing.data?.alarms ?? before?.alarms;
  const asOf = Date.parse(standing.data?.now ?? before?.now ?? "");
  const at = standing.data ? standing.dataUpdatedAt : before?.at;
  return { link, began, notices, alarms, at, asOf, refused: standing.isError ? standing.error.message : undefined };
}
