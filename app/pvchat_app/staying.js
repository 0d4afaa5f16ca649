// The page outlives its connections. Its heartbeat, which keeps its session alive, is opened anew whenever it is lost,
// and told after a reload which session the page had before. Gradio's other calls wait until the first one stands, so
// that they find that session; each has a name, and is asked for again from where it was cut (calls.py). Where session
// or call have ended all the same, the page is loaded anew: nothing old stays.
(() => {
  const KEY = "pvchat-session", AGAIN_MS = 1000, FIRST_MS = 5000;
  const GONE = [401, 410]; // whoever had logged in hasn't any more; session or call aren't known any more
  const CALLS = /\/gradio_api\/(run|queue\/join|queue\/data)/;
  const fetched = window.fetch.bind(window);
  let stands;
  const standing = new Promise((done) => { stands = done; setTimeout(done, FIRST_MS); });
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const address = (given) => new URL(given && given.url ? given.url : String(given), location.href);
  const cut = new Map(); // what has no connection: how often it tried

  function tell(what, connected) { // a short break isn't told
    if (connected) cut.delete(what);
    else cut.set(what, (cut.get(what) || 0) + 1);
    const long = [...cut.values()].some((times) => times > 2);
    let note = document.getElementById("pv-cut");
    if (!note && !long) return;
    if (!note) {
      note = Object.assign(document.createElement("div"), { id: "pv-cut", role: "status" });
      document.body.append(note);
    }
    note.textContent = long ? "PVChat can’t be reached. Trying again …" : "";
  }

  function remembered(name) {
    try {
      const before = sessionStorage.getItem(KEY) || "";
      sessionStorage.setItem(KEY, name);
      return before;
    } catch { return ""; } // no storage: a reload begins anew
  }

  async function hold(url, first) {
    for (url.search = first; ;) {
      try {
        const answer = await fetched(url, { headers: { accept: "text/event-stream" }, cache: "no-store" });
        if (GONE.includes(answer.status)) return location.reload();
        tell(hold, true);
        stands();
        url.search = "again=";
        for (const reader = answer.body.getReader(); !(await reader.read()).done;);
      } catch { tell(hold, false); } // lost, or nobody there: again
      await pause(AGAIN_MS);
    }
  }

  function stay(url) {
    const before = remembered(url.pathname.split("/").pop());
    hold(url, before ? `before=${encodeURIComponent(before)}` : "");
    return new Response(new ReadableStream({}), { headers: { "content-type": "text/event-stream" } });
  }

  async function call(request) { // a Response that goes on when its connection is lost
    const name = Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
    let had = 0, reader;

    async function ask() {
      for (;;) {
        const one = new Request(request.clone());
        one.headers.set("x-pvchat-call", name);
        one.headers.set("x-pvchat-from", String(had));
        try {
          const answer = await fetched(one);
          tell(request, true);
          if (GONE.includes(answer.status)) location.reload();
          return answer;
        } catch (error) {
          if (request.signal.aborted) throw error;
          tell(request, false);
        }
        await pause(AGAIN_MS);
      }
    }

    async function pull(to) {
      for (;;) {
        try {
          const { done, value } = await reader.read();
          if (done) return to.close();
          had += value.length;
          return to.enqueue(value);
        } catch (error) {
          if (request.signal.aborted) return to.error(error);
        }
        await pause(AGAIN_MS);
        reader = (await ask()).body.getReader();
      }
    }

    const answer = await ask();
    reader = answer.body.getReader();
    const body = new ReadableStream({ pull, cancel: (why) => reader.cancel(why) });
    return new Response(body, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  }

  window.fetch = async (...given) => {
    const url = address(given[0]);
    if (url.origin !== location.origin) return fetched(...given);
    if (/\/gradio_api\/heartbeat\/[^/]+$/.test(url.pathname)) return stay(url);
    if (!CALLS.test(url.pathname)) return fetched(...given);
    await standing;
    return call(new Request(...given));
  };
})();
