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

/** Timelines by number of the person or face: one called 0, or one for each where there are several. */
export function tracks(prediction) {
  const { people = [], segments } = prediction;
  if (people.length > 1) {
    return new Map(people.map(({ number }) => [number, cuts(segments.filter((one) => one.person === number))]));
  }
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

/** Mean of probabilities over pieces of time, each as far as it has any; null where none has. */
function mean(group, key) {
  const sums = {};
  let total = 0;
  for (const { start, end, segment } of group) {
    const own = segment.probabilities[key];
    if (!own) continue;
    total += end - start;
    for (const [emotion, share] of Object.entries(own)) sums[emotion] = (sums[emotion] ?? 0) + share * (end - start);
  }
  if (!total) return null;
  return Object.fromEntries(Object.entries(sums).map(([emotion, sum]) => [emotion, sum / total]));
}

/** The emotion that holds for most of a group's time; null: undecided. */
function commonest(group) {
  const times = new Map();
  for (const { start, end, segment } of group) {
    times.set(segment.emotion, (times.get(segment.emotion) ?? 0) + end - start);
  }
  return [...times].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function asOne(group) {
  const [start, end] = [group[0].start, group.at(-1).end];
  if (group.length === 1) return { ...group[0], apart: Number(differ(group[0].segment)) };
  const probabilities = Object.fromEntries(["fused", "audio", "video"]
    .map((key) => [key, mean(group, key)]).filter(([, shares]) => shares));
  const apart = group.filter((cut) => differ(cut.segment)).reduce((sum, cut) => sum + cut.end - cut.start, 0);
  return { start, end, segment: { emotion: commonest(group), probabilities }, apart: apart / Math.max(end - start, 1e-9) };
}

/** The cuts between two times; neighbours that would be narrower than `least` seconds as one, which
    says for which share of its time voice and face differ: an hour is drawn as quickly as a minute. */
export function pieces(found, from, to, least) {
  const made = [];
  let group = [];
  for (const cut of found) {
    if (cut.end <= from || cut.start >= to) continue;
    if (group.length && cut.start > group.at(-1).end + 1e-6) made.push(asOne(group.splice(0)));
    group.push(cut);
    if (cut.end - group[0].start >= least) made.push(asOne(group.splice(0)));
  }
  if (group.length) made.push(asOne(group));
  return made;
}
