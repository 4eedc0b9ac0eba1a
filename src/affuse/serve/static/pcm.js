/** In the browser's thread for sound: blocks of 16-bit samples of the microphone, as they come. */

const BLOCK = 2048;

class Pcm extends AudioWorkletProcessor {
  constructor() {
    super();
    this.begin();
  }

  begin() {
    this.block = new Int16Array(BLOCK);
    this.filled = 0;
  }

  process([channels]) {
    for (const value of channels[0] ?? []) {
      this.block[this.filled] = Math.max(-1, Math.min(1, value)) * 0x7fff;
      this.filled += 1;
      if (this.filled === BLOCK) {
        this.port.postMessage(this.block.buffer, [this.block.buffer]);
        this.begin();
      }
    }
    return true;
  }
}

registerProcessor("pcm", Pcm);
