/** The part of a recording that a timeline shows: all of it, or what somebody zoomed to. */

const LEAST_S = 2;

export class Shown {
  constructor(duration) {
    this.duration = duration;
    this.all();
  }

  all() {
    Object.assign(this, { from: 0, to: this.duration });
  }

  get length() {
    return this.to - this.from;
  }

  get whole() {
    return this.length >= this.duration - 1e-6;
  }

  /** Show `factor` times as much, with the time `around` staying where it is. */
  zoom(factor, around) {
    const length = Math.min(Math.max(this.length * factor, Math.min(LEAST_S, this.duration)), this.duration);
    this.scroll(around - (around - this.from) * (length / this.length), length);
  }

  /** Begin at a time, as far as there is something to show. */
  scroll(from, length = this.length) {
    this.from = Math.min(Math.max(from, 0), this.duration - length);
    this.to = this.from + length;
  }

  /** Have a time in it: by a page while it plays, else with the time in the middle. True where it had to move. */
  follow(time, playing) {
    if (time >= this.from && time <= this.to) return false;
    this.scroll(playing ? time : time - this.length / 2);
    return true;
  }
}
