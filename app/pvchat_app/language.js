// The language of the page's own words: the one that was picked in Settings, else the browser's. Gradio takes labels from
// its catalogues (languages/) by `navigator.language`, which is why this runs first; in HTML of ours the elements that
// bear `data-words` are translated here: their text, or the attributes that it names. What has no translation stays.
// Where a browser blocks what a page keeps, these scripts work all the same, and forget.
(() => {
  const KEY = "pv-language", CHOICES = "#pv-depth label span"; // Gradio doesn't translate choices
  window.pvKept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  window.pvKeep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* blocked */ } };
  const wished = window.pvKept(KEY) || navigator.language || "en", code = wished.split("-")[0];
  Object.defineProperty(navigator, "language", { get: () => wished });
  const words = () => window.gradio_config?.i18n_translations?.[code] || {};

  // What stands in a text's place; values take the places of {} in their order.
  window.pvWords = (text, ...values) => values.reduce((said, one) => said.replace("{}", one), words()[text] || text);
  window.pvLanguage = () => ([...Object.keys(window.gradio_config?.i18n_translations || {})].includes(code) ? code : "en");
  window.pvSpeakIn = (picked) => { window.pvKeep(KEY, picked); location.reload(); };

  function translate() {
    for (const one of document.querySelectorAll(`[data-words], ${CHOICES}`)) {
      const names = one.dataset.words, said = window.pvWords(one.textContent);
      if (names) for (const name of names.split(" ")) one.setAttribute(name, window.pvWords(one.getAttribute(name)));
      else if (said !== one.textContent) one.textContent = said; // else this would be called for ever
    }
  }

  new MutationObserver(translate).observe(document.documentElement, { childList: true, subtree: true });
})();
