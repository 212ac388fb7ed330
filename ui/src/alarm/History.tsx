import { useInfiniteQuery } from "@tanstack/react-query";

import { fetchHistory } from "../api/client";
import { useWords } from "../words/Language";
import { AlarmList } from "./AlarmList";

/** Alarms as the log tells of them, newest first, a page at a time. */
export function History({ zone, now, open, chosen }: { zone: string; now: number; open: (id: string) => void; chosen: string | undefined }) {
  const { t, told } = useWords();
  const past = useInfiniteQuery({ queryKey: ["alarm-history"], queryFn: ({ pageParam }) => fetchHistory(pageParam), initialPageParam: undefined as string | undefined, getNextPageParam: (last) => last.next ?? undefined });
  const alarms = past.data?.pages.flatMap((page) => page.alarms.map((a) => a.alarm)) ?? [];
  return (
    <>
      {alarms.length === 0 && (
        <p className="nothing" role="status">
          {past.isError ? told(past.error.message) : past.data ? t.alarm.noHistory : t.alarm.loading}
        </p>
      )}
      <AlarmList alarms={alarms} now={now} open={open} chosen={chosen} zone={zone} past />
      {past.hasNextPage && (
        <button type="button" className="button more" disabled={past.isFetching} onClick={() => void past.fetchNextPage()}>
          {t.alarm.more}
        </button>
      )}
    </>
  );
}
