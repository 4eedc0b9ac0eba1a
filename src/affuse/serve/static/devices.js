/** Camera and microphone: asked for, measured, let go. */

import { t } from "./text.js";

const KNOWN = ["NotAllowedError", "NotFoundError", "NotReadableError"];

/** A stream of camera and microphone; of the microphone alone where there is no camera. */
export async function open() {
  if (!navigator.mediaDevices) {
    throw new Error(t("devices.away"));
  }
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const video = { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio, video });
  } catch (error) {
    if (error.name !== "NotFoundError") throw explained(error);
  }
  return navigator.mediaDevices.getUserMedia({ audio }).catch((error) => { throw explained(error); });
}

function explained(error) {
  return new Error(t(`devices.${KNOWN.includes(error.name) ? error.name : "other"}`, { message: error.message }));
}

export function close(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Show the microphone's level on `element`, until the function that comes back is called. */
export function showLevel(source, element) {
  const { context } = source;
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const samples = new Float32Array(analyser.fftSize);
  source.connect(analyser);
  let frame = 0;
  const draw = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    const level = Math.min(Math.max(1 + Math.log10(power + 1e-9) / 5, 0), 1);
    element.style.setProperty("--level", level.toFixed(2));
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect(analyser);
    element.style.setProperty("--level", 0);
  };
}
