// SPDX-License-Identifier: Apache-2.0

// What all pages do. Text goes into a page by textContent only.

const root = document.documentElement;
root.classList.add('scripted');

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

/**
 * The JSON that a page carries, compressed and in base64 (reports/html_data.cpp).
 * @returns {Promise<object>} rejected where the browser cannot unpack it
 */
async function unpack(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text());
}

function save(name, type, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** The button that turns the page dark or light; `changed` is told whenever it is either. */
function addTheme(changed) {
  const button = document.getElementById('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';
  const show = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    changed();
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    show();
  });
  dark.addEventListener('change', show);
  show();
}
