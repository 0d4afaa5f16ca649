// Tab and clip have an address, "#chat/5f3a09c1": a reload comes back to both, Back and Forward move between tabs. Another
// tab is one more step of the browser's history, another clip is none: the one before is gone.
(() => {
  const buttons = () => [...document.querySelectorAll("#pv-tabs > .tab-wrapper button")]
    .filter((one) => !one.closest(".visually-hidden") && one.textContent.trim());
  const panels = () => [...document.querySelectorAll("#pv-tabs > [role=tabpanel]")];
  const label = (tab) => tab.charAt(0).toUpperCase() + tab.slice(1);
  let going = ""; // the tab that the page is on its way to
  let had = ""; // the clip that was shown last
  let began = false; // the address that the page was opened with was followed

  function asked() {
    const [tab, clip] = location.hash.slice(1).split("/");
    return { tab: tab || (panels()[0]?.id || "").replace("pv-tab-", ""), clip: clip || "" };
  }

  function shown() {
    const panel = panels().find((one) => one.style.display !== "none");
    const player = document.querySelector("#pv-chat-player [data-address]");
    const tab = panel ? panel.id.replace("pv-tab-", "") : "";
    return { tab, clip: tab === "chat" && player ? player.dataset.address : "" };
  }

  function follow() { // the page goes where its address says
    const button = buttons().find((one) => one.textContent.trim() === label(asked().tab));
    going = button && asked().tab !== shown().tab ? asked().tab : "";
    if (going) button.click();
  }

  function note() { // the address says where the page is
    const at = shown(), before = asked();
    if (!at.tab) return;
    if (!began) { began = true; return follow(); }
    if (going && at.tab !== going) return;
    going = "";
    const same = at.tab === before.tab, removed = !at.clip && had;
    if (at.tab === "chat") had = at.clip;
    if (same && (at.clip === before.clip || !at.clip && !removed)) return; // a clip of a reloaded page is yet to come
    const address = `#${at.tab}${at.clip ? "/" + at.clip : ""}`;
    if (same) history.replaceState(history.state, "", address);
    else history.pushState(null, "", address);
  }

  window.pvAddress = asked;
  addEventListener("popstate", follow);
  new MutationObserver(note).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["style", "class", "aria-selected", "hidden"],
  });
})();
