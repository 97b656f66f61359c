// A film as a video, made by the browser's own encoder.

// As makeGif, recorded in real time by the browser's own encoder: frame(k) -> Promise of a canvas. Returns a Blob.
const VIDEO = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
export const makeVideo = async (frame, count, {width, height, delay, progress = _share => {}}) => {
  const mimeType = window.MediaRecorder && VIDEO.find(type => MediaRecorder.isTypeSupported(type));
  if (!mimeType) throw new Error('this browser records no video');
  const canvas = Object.assign(document.createElement('canvas'), {width, height}), g = canvas.getContext('2d');
  const stream = canvas.captureStream(0), [track] = stream.getVideoTracks(), parts = [];
  const recorder = new MediaRecorder(stream, {mimeType, videoBitsPerSecond: 12e6});
  const ended = new Promise((done, failed) => { recorder.onstop = done; recorder.onerror = failed; });
  recorder.ondataavailable = event => parts.push(event.data);
  recorder.start();
  for (let k = 0, due = performance.now(); k < count; k++) {
    g.drawImage(await frame(k), 0, 0);
    track.requestFrame();
    due = Math.max(due + (k === count - 1 ? delay + 1000 : delay), performance.now());
    progress((k + 1) / count);
    await new Promise(done => setTimeout(done, due - performance.now()));
  }
  track.requestFrame(); // the last picture lasts until here
  await new Promise(done => setTimeout(done, 100));
  recorder.stop();
  await ended;
  track.stop();
  return new Blob(parts, {type: mimeType.split(';')[0]});
};
