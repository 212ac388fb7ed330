import { useEffect, useRef, useState } from "react";

import { evidence } from "../api/client";
import { useKept } from "../api/kept";
import { heatColour } from "../line/overlay";
import { useWords } from "../words/Language";

/** Lays colours over a grey heat map as it was kept. */
function colourise(canvas: HTMLCanvasElement, grey: HTMLImageElement) {
  canvas.width = grey.naturalWidth;
  canvas.height = grey.naturalHeight;
  const c = canvas.getContext("2d", { willReadFrequently: true });
  if (!c) return;
  c.drawImage(grey, 0, 0);
  const image = c.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < image.data.length; i += 4) image.data.set(heatColour(image.data[i] ?? 0), i);
  c.putImageData(image, 0, 0);
}

/** A kept picture of a part with its heat map over it. */
export function HeatPicture({ picture, heatmap, heat }: { picture: string | undefined; heatmap: string | undefined; heat: boolean }) {
  const { t } = useWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [gone, setGone] = useState<string>();
  const shown = useKept(picture && evidence(picture));
  const warmth = useKept(heatmap && evidence(heatmap));
  useEffect(() => {
    if (!warmth) return;
    const grey = new Image();
    grey.onload = () => canvas.current && colourise(canvas.current, grey);
    grey.src = warmth;
    return () => {
      grey.onload = null;
    };
  }, [warmth]);
  if (!picture) return <p className="kept kept-none">{t.noPictureKept}</p>;
  if (gone === picture || shown === "") return <p className="kept kept-none">{t.pictureGone}</p>;
  return (
    <div className="kept">
      <img src={shown} alt={t.part} onError={() => setGone(picture)} />
      {heatmap && <canvas key={heatmap} ref={canvas} className={heat ? "" : "is-hidden"} aria-hidden />}
    </div>
  );
}
