// The page's heartbeat, which keeps its session alive: opened anew whenever it is lost, and told after a reload which
// session the page had before. Gradio gets a heartbeat that lasts; its other calls wait until the first one stands, so
// that they find that session. Where the session has ended all the same, the page is loaded anew: nothing old stays.
(() => {
  const KEY = "pvchat-session", AGAIN_MS = 1000, FIRST_MS = 5000;
  const fetched = window.fetch.bind(window);
  let stands;
  const standing = new Promise((done) => { stands = done; setTimeout(done, FIRST_MS); });
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const address = (given) => new URL(given && given.url ? given.url : String(given), location.href);

  function remembered(name) {
    try {
      const before = sessionStorage.getItem(KEY) || "";
      sessionStorage.setItem(KEY, name);
      return before;
    } catch { return ""; } // no storage: a reload begins anew
  }

  async function hold(url, first) {
    for (let query = first; ; query = "again=") {
      url.search = query;
      try {
        const answer = await fetched(url, { headers: { accept: "text/event-stream" }, cache: "no-store" });
        if (answer.status === 410) return location.reload();
        stands();
        for (const reader = answer.body.getReader(); !(await reader.read()).done;);
      } catch { /* lost, or nobody there: again */ }
      await pause(AGAIN_MS);
    }
  }

  function stay(url) {
    const before = remembered(url.pathname.split("/").pop());
    hold(url, before ? `before=${encodeURIComponent(before)}` : "");
    return new Response(new ReadableStream({}), { headers: { "content-type": "text/event-stream" } });
  }

  window.fetch = async (...given) => {
    const url = address(given[0]);
    if (url.origin !== location.origin) return fetched(...given);
    if (/\/gradio_api\/heartbeat\/[^/]+$/.test(url.pathname)) return stay(url);
    if (/\/gradio_api\/(run|queue\/join)/.test(url.pathname)) await standing;
    return fetched(...given);
  };
})();
