/** What holds at which moment of a prediction. */

/** The most probable emotion as [name, probability]; null where there are no probabilities. */
export function top(probabilities) {
  const entries = Object.entries(probabilities ?? {});
  return entries.length ? entries.reduce((best, one) => (one[1] > best[1] ? one : best)) : null;
}

/** Whether voice and face name different emotions. */
export function differ(moment) {
  const [voice, face] = [top(moment.probabilities.audio), top(moment.probabilities.video)];
  return Boolean(voice && face && voice[0] !== face[0]);
}

/** Segments of one timeline, neighbours cut in the middle of their overlap, as the exports do. */
export function cuts(segments) {
  const ordered = [...segments].sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s);
  const found = ordered.map((segment) => ({ start: segment.start_s, end: segment.end_s, segment }));
  for (let place = 1; place < ordered.length; place += 1) {
    const end = Math.min(ordered[place - 1].end_s, ordered[place].end_s);
    if (ordered[place].start_s < end) {
      found[place - 1].end = found[place].start = (ordered[place].start_s + end) / 2;
    }
  }
  let reached = -Infinity;
  for (const cut of found) {
    cut.start = Math.max(cut.start, reached);
    reached = cut.end = Math.max(cut.end, cut.start);
  }
  return found;
}

/** Timelines by number of the face: one called 0, or one per face where faces share a window. */
export function tracks(prediction) {
  const windows = new Set(prediction.segments.map((one) => `${one.start_s} ${one.end_s}`));
  if (windows.size === prediction.segments.length) return new Map([[0, cuts(prediction.segments)]]);
  const faces = [...new Set(prediction.segments.map((one) => one.face))].sort((a, b) => a - b);
  return new Map(faces.map((face) => [face, cuts(prediction.segments.filter((one) => one.face === face))]));
}

/** The cut at a time; the very end belongs to the last one. Undefined in a gap. */
export function cutAt(found, time) {
  return found.find((cut) => time >= cut.start && time < cut.end)
    ?? found.findLast((cut) => time === cut.end);
}
