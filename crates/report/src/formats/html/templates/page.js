
'use strict';
(() => {
  document.documentElement.classList.add('js');
  for (const button of document.querySelectorAll('button.copy')) {
    const label = button.textContent;
    button.addEventListener('click', async () => {
      const pre = button.parentElement.querySelector('pre');
      const text = button.dataset.copy ?? pre.textContent;
      let done = true;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const shown = pre ?? (button.nextElementSibling?.className === 'copied' ? button.nextElementSibling : Object.assign(document.createElement('code'), { className: 'copied', textContent: text }));
        if (!pre) button.after(shown);
        getSelection().selectAllChildren(shown);
        done = document.execCommand('copy');
      }
      button.textContent = done ? 'Copied' : 'Press Ctrl+C';
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
})();
