/**
 * Sound that a voice detector takes for speech, the same each time and from nobody's recording: syllables of a buzzing source
 * through the resonances of vowels, with a gliding pitch, between pauses of faint noise.
 */

/** Resonances (Hz) of five vowels, the lowest three of each. */
const vowels = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;

/** A two-pole resonator of unit gain at 0 Hz. */
class Resonator {
  #first = 0;
  #second = 0;

  next(input: number, frequency: number, bandwidth: number, rate: number): number {
    const radius = Math.exp((-Math.PI * bandwidth) / rate);
    const b = 2 * radius * Math.cos((2 * Math.PI * frequency) / rate);
    const c = -radius * radius;
    const output = (1 - b - c) * input + b * this.#first + c * this.#second;
    this.#second = this.#first;
    this.#first = output;
    return output;
  }
}

/** `seconds` of sound at `rate` samples a second, in -1 … 1. Half a second of pause, then three syllables a second until the last half second. */
export function speechLike(seconds: number, rate: number): Float32Array<ArrayBuffer> {
  const sound = new Float32Array(Math.round(seconds * rate));
  const resonators = [new Resonator(), new Resonator(), new Resonator()];
  let noise = 1;
  let phase = 0;
  let greatest = 0;
  for (let index = 0; index < sound.length; index++) {
    const time = index / rate;
    noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
    const hiss = noise / 2 ** 31 - 1;
    const isVoice = time > 0.5 && time < seconds - 0.5;
    const beat = (time - 0.5) * 3;
    const loudness = isVoice ? Math.max(0, Math.sin(Math.PI * (beat % 1))) ** 0.7 : 0;
    const pitch = 115 + 25 * Math.sin(2 * Math.PI * 0.6 * time) - 12 * (beat % 1);
    phase += pitch / rate;
    // One pulse of the glottis per turn: an opening half, a closing quarter.
    const turn = phase % 1;
    const pulse = turn < 0.5 ? Math.sin(Math.PI * turn) ** 2 : turn < 0.75 ? Math.cos(2 * Math.PI * (turn - 0.5)) : 0;
    const vowel = vowels[Math.max(0, Math.floor(beat)) % vowels.length]!;
    let sample = (pulse - 0.4) * loudness + hiss * (0.004 + 0.02 * loudness);
    for (const [position, resonator] of resonators.entries())
      sample = resonator.next(sample, vowel[position]!, 60 + 40 * position, rate);
    sound[index] = sample;
    greatest = Math.max(greatest, Math.abs(sample));
  }
  for (let index = 0; index < sound.length; index++) sound[index] = (0.5 * sound[index]!) / greatest;
  return sound;
}

/** The windows that a streaming detector sees: each `size` new samples behind the last `context` ones before, silence at first. */
export function* soundFrames(sound: Float32Array, size: number, context: number): Generator<Float32Array<ArrayBuffer>> {
  for (let start = 0; start + size <= sound.length; start += size) {
    const frame = new Float32Array(context + size);
    for (let index = 0; index < frame.length; index++) frame[index] = sound[start - context + index] ?? 0;
    yield frame;
  }
}
