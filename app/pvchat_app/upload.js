// How far an upload is: bytes, share, time left, under the field it was dropped on. Gradio sends files with `fetch`,
// which tells nothing of what was sent so far; the same request goes out as an XMLHttpRequest, which does. Where the
// connection is lost it goes out again.
(() => {
  const plain = window.fetch, NEWEST = 6000, LEGIBLE = 400; // milliseconds: what the pace is judged by, how long a number stays
  const AGAIN_MS = [1000, 3000, 9000]; // before it is tried again
  let field = null; // the block that the files came from

  for (const kind of ["change", "drop", "paste"]) {
    document.addEventListener(kind, (event) => {
      const block = event.target.closest && event.target.closest(".block");
      if (block && (kind !== "change" || event.target.type === "file")) field = block;
    }, true);
  }

  function size(bytes) {
    for (const [unit, step] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
      if (bytes >= step) return `${(bytes / step).toFixed(bytes < 10 * step ? 1 : 0)} ${unit}`;
    }
    return `${bytes} B`;
  }

  function left(seconds) {
    if (seconds < 8) return "a few seconds left";
    if (seconds < 95) return `about ${10 * Math.max(1, Math.round(seconds / 10))} s left`;
    return `about ${Math.round(seconds / 60)} min left`;
  }

  function notice() {
    const box = document.createElement("div");
    box.className = "pv-notice pv-progress pv-uploading";
    box.setAttribute("role", "status");
    box.innerHTML = '<span></span><div class="pv-bar-outer" role="progressbar" aria-valuemin="0" aria-valuemax="100">'
      + '<div></div></div>';
    box.lastChild.setAttribute("aria-label", "Upload");
    if (field) field.after(box);
    let samples = [[performance.now(), 0]], told = -Infinity, later = 0;
    return {
      again() {
        clearTimeout(later);
        box.firstChild.textContent = "The connection was lost. It is uploaded again …";
        [samples, told] = [[[performance.now(), 0]], -Infinity];
      },
      show(done, total) {
        const now = performance.now(), share = total ? done / total : 0;
        samples.push([now, done]);
        while (samples.length > 2 && now - samples[0][0] > NEWEST) samples.shift();
        const pace = (done - samples[0][1]) / Math.max(1, now - samples[0][0]);
        const rest = pace > 0 && share > 0.02 && share < 1 ? `, ${left((total - done) / pace / 1000)}` : "";
        const percent = Math.floor(100 * share);
        box.querySelector("[role=progressbar]").setAttribute("aria-valuenow", percent);
        box.querySelector("[role=progressbar] > div").style.width = `${100 * share}%`;
        clearTimeout(later);
        if (now - told < LEGIBLE && share < 1) { // the newest of several is told when the last one could be read
          later = setTimeout(() => this.show(done, total), LEGIBLE - (now - told));
          return;
        }
        told = now;
        box.firstChild.textContent = share < 1
          ? `Uploading … ${size(done)} of ${size(total)} (${percent} %)${rest}`
          : "Uploaded, being checked …";
      },
      end() { clearTimeout(later); box.remove(); },
    };
  }

  function once(url, options, told) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.withCredentials = options.credentials === "include";
      new Headers(options.headers || {}).forEach((value, name) => request.setRequestHeader(name, value));
      request.responseType = "blob";
      request.upload.addEventListener("progress", (event) => told.show(event.loaded, event.total));
      request.addEventListener("load", async () => {
        const type = request.getResponseHeader("content-type") || "", refused = request.status >= 400 && type.includes("json");
        const said = refused ? JSON.parse(await request.response.text()).detail : request.response; // the page shows it as it is
        resolve(new Response(said, { status: request.status, headers: { "content-type": type } }));
      });
      for (const kind of ["error", "timeout"]) request.addEventListener(kind, () => reject(new TypeError("The upload broke off.")));
      request.addEventListener("abort", () => reject(new DOMException("The upload was stopped.", "AbortError")));
      if (options.signal) options.signal.addEventListener("abort", () => request.abort());
      request.send(options.body);
    });
  }

  async function sent(url, options) {
    const told = notice();
    try {
      for (const pause of AGAIN_MS) {
        try {
          return await once(url, options, told);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
        told.again();
        await new Promise((done) => setTimeout(done, pause));
      }
      return await once(url, options, told);
    } finally { told.end(); }
  }

  window.fetch = (url, options) => {
    const upload = options && options.body instanceof FormData && /\/upload(\?|$)/.test(String(url && url.url || url));
    return upload ? sent(String(url.url || url), options) : plain.call(window, url, options);
  };
})();
