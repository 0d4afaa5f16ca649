// The language of the page's own words: the one that was picked in Settings, else the browser's. Gradio takes labels from
// its catalogues (languages/) by `navigator.language`, which is why this runs first; in HTML of ours the elements that
// bear `data-words` are translated here: their text, or the attribute that it names. What has no translation stays.
(() => {
  const KEY = "pv-language", CHOICES = "#pv-depth label span"; // Gradio doesn't translate choices
  const wished = localStorage.getItem(KEY) || navigator.language || "en", code = wished.split("-")[0];
  Object.defineProperty(navigator, "language", { get: () => wished });
  const words = () => window.gradio_config?.i18n_translations?.[code] || {};

  window.pvWords = (text) => words()[text] || text;
  window.pvLanguage = () => ([...Object.keys(window.gradio_config?.i18n_translations || {})].includes(code) ? code : "en");
  window.pvSpeakIn = (picked) => { localStorage.setItem(KEY, picked); location.reload(); };

  function translate() {
    for (const one of document.querySelectorAll(`[data-words], ${CHOICES}`)) {
      const name = one.dataset.words, text = name ? one.getAttribute(name) : one.textContent;
      const said = words()[text];
      if (said && name) one.setAttribute(name, said);
      else if (said && said !== text) one.textContent = said;
    }
  }

  new MutationObserver(translate).observe(document.documentElement, { childList: true, subtree: true });
})();
