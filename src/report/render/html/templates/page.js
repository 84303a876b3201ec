
'use strict';
(() => {
  document.documentElement.classList.add('js');
  for (const button of document.querySelectorAll('button.copy')) {
    button.addEventListener('click', async () => {
      const pre = button.parentElement.querySelector('pre');
      let done = true;
      try {
        await navigator.clipboard.writeText(pre.textContent);
      } catch {
        getSelection().selectAllChildren(pre);
        done = document.execCommand('copy');
      }
      button.textContent = done ? 'Copied' : 'Selected: copy it with the keyboard';
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
  }
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')];
    for (const one of opened) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const one of opened) one.open = false;
  });
})();
