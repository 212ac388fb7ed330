import type { Alarm, AlarmDelivery, Alarms } from "../api/client";

export const sampleNow = "2026-11-24T11:00:00Z";

/** An alarm that wants somebody, for tests. */
export function sampleAlarm(change: Partial<Alarm> = {}): Alarm {
  return {
    id: "01890000-0000-7000-8000-000000000001", key: "watch/crane/yard", from: "watch/yard", camera: "yard", zone: "crane", severity: "high", state: "unacknowledged", active: true,
    text: "Somebody under the crane", what_to_do: "Stop the crane.", latched: true, drill: false, raised: "2026-11-24T10:58:00Z", opened: "2026-11-24T10:58:00Z", last_seen: sampleNow, count: 1, came_back: 0,
    ...change,
  };
}

export function sampleAlarms(alarms: Alarm[] = [sampleAlarm()]): Alarms {
  return { now: sampleNow, alarms, shelves: [], suppressions: [], out_of_service: [], flood: [], unsaved: 0 };
}

/** A call that was received and not yet opened, for tests. */
export function sampleDelivery(change: Partial<AlarmDelivery> = {}): AlarmDelivery {
  return {
    id: "d1", recipient: "li", channel: "push", roster: "all", step: 1, round: 1, state: "received", attempts: 1, withdrawn: false, alarms: 1,
    pending: "2026-11-24T10:58:00.000Z", sent: "2026-11-24T10:58:00.400Z", received: "2026-11-24T10:58:01.200Z",
    ...change,
  };
}
