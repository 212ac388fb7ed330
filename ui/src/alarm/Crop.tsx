import { evidence } from "../api/client";
import { useKept } from "../api/kept";

/** What an alert was about, cut out of its picture. */
export function Crop({ sha256, label }: { sha256: string; label: string }) {
  return <img src={useKept(evidence(sha256))} alt={label} width={96} height={96} />;
}
