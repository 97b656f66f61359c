// Sound by Web Audio: notes are rendered to a buffer, which is what is heard. A pluck with three overtones, as in WAVs.

const RATE = 44100, ATTACK = 0.008, DECAY = 0.6, RELEASE = 0.05, LOUD = 0.5; // seconds
const PARTIALS = [0, 1, 0.35, 0.18, 0.08];
let context = /** @type {AudioContext | null} */ (null);

const hertz = pitch => 440 * 2 ** ((pitch - 69) / 12);

const pluck = (on, pitch, at, seconds) => {
  const tone = on.createOscillator(), gain = on.createGain();
  tone.setPeriodicWave(on.createPeriodicWave(new Float32Array(PARTIALS.length), Float32Array.from(PARTIALS)));
  tone.frequency.value = hertz(pitch);
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUD, at + ATTACK);
  gain.gain.setTargetAtTime(0, at + ATTACK, DECAY);
  gain.gain.setTargetAtTime(0, at + Math.max(ATTACK, seconds - RELEASE), RELEASE / 3);
  tone.connect(gain).connect(on.destination);
  tone.start(at);
  tone.stop(at + seconds + RELEASE);
};

/** The sound of notes [[first step, steps, pitch], ...]. @returns {Promise<AudioBuffer>} */
export const rendered = async (notes, steps, stepS) => {
  const off = new OfflineAudioContext(1, Math.ceil((steps * stepS + 2 * RELEASE) * RATE), RATE);
  for (const [at, length, pitch] of notes) pluck(off, pitch, at * stepS, length * stepS);
  return off.startRendering();
};

const awake = () => { // a page may sound only once somebody has touched it
  context ??= new AudioContext();
  context.resume();
  return context;
};

/** One note, at once. */
export const struck = (pitch, seconds = 0.4) => { const on = awake(); pluck(on, pitch, on.currentTime + 0.01, seconds); };

/** Plays a buffer. moved(seconds) at every picture of the screen, over() when it is over or stopped.
 * @param {AudioBuffer} buffer @param {{moved?: (seconds: number) => void, over?: () => void}} tells */
export const played = (buffer, {moved, over} = {}) => {
  const on = awake(), source = on.createBufferSource(), began = performance.now();
  let done = false;
  source.buffer = buffer;
  source.connect(on.destination);
  source.start();
  const end = () => { if (done) return; done = true; source.stop(); over?.(); };
  const tick = () => {
    const seconds = (performance.now() - began) / 1000;
    if (done) return;
    if (seconds >= buffer.duration) { end(); return; }
    moved?.(seconds);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  return end;
};
