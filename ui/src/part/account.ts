import type { Ledger } from "../api/client";

export interface Row {
  key: "frames" | "gate" | "passed" | "ejected";
  ours: number;
  controllers: number;
  /** The columns differ by more than what is still on its way can explain. */
  differs: boolean;
}

/**
 * The ledger as rows that can be compared by eye: what we expect the
 * controller to have counted by now, and what it has counted. The last two
 * rows hold parts that are still between camera and sensor, so that they may
 * differ by as many as are on the way.
 */
export function account(l: Ledger): Row[] {
  const onTheWay = l.travelling + l.landing + l.lost + l.collateral + l.unseen;
  const row = (key: Row["key"], ours: number, controllers: number, room: number): Row => ({ key, ours, controllers, differs: Math.abs(ours - controllers) > room });
  return [
    row("frames", l.frames_received + l.exposing + l.blind, l.frames_triggered, 0),
    row("gate", l.found + l.unseen - l.travelling - l.lost, l.at_gate, 0),
    row("passed", l.passes, l.exited, onTheWay),
    row("ejected", l.rejects, l.ejected, onTheWay),
  ];
}
