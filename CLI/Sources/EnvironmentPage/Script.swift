/// The page's script: times in the reader's zone, a filter, and buttons that copy.
///
/// Without it the page says the same, with times in UTC.
enum Script {
    static let text = #"""
        (() => {
          'use strict';
          document.documentElement.classList.add('scripted');
          const two = number => String(number).padStart(2, '0');
          const local = date =>
            `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
            `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

          const showLocalTimes = () => {
            for (const time of document.querySelectorAll('time')) {
              const date = new Date(time.dateTime);
              if (Number.isNaN(date.getTime())) continue;
              time.title = time.dateTime;
              time.textContent = local(date);
            }
            const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
            for (const place of document.querySelectorAll('.zone')) if (zone) place.textContent = zone;
          };

          const openTarget = () => {
            const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
            if (target instanceof HTMLDetailsElement) target.open = true;
          };

          const filter = () => {
            const field = document.getElementById('filter');
            if (!field) return;
            const rows = [...document.querySelectorAll('.env')]
              .map(row => ({ row, text: row.querySelector('summary').textContent.toLowerCase() }));
            const found = document.getElementById('found');
            const groups = [...document.querySelectorAll('.group')];
            const apply = () => {
              const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
              let count = 0;
              for (const { row, text } of rows) {
                row.hidden = !words.every(word => text.includes(word));
                if (!row.hidden) count += 1;
              }
              for (const group of groups) group.hidden = !group.querySelector('.env:not([hidden])');
              found.textContent = words.length ? `${count} of ${rows.length}` : '';
            };
            field.addEventListener('input', apply);
            addEventListener('keydown', event => {
              const isTyping = event.target === field;
              if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                field.focus();
              } else if (event.key === 'Escape' && isTyping) {
                field.value = '';
                apply();
                field.blur();
              }
            });
          };

          const moveBetweenRows = event => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (!step || !event.target.matches('.env > summary')) return;
            const rows = [...document.querySelectorAll('.env:not([hidden]) > summary')];
            const next = rows[rows.indexOf(event.target) + step];
            if (!next) return;
            event.preventDefault();
            next.focus();
          };

          const copy = async event => {
            const button = event.target.closest && event.target.closest('.copy');
            if (!button) return;
            const code = button.parentElement.querySelector('code');
            try {
              await navigator.clipboard.writeText(code.textContent);
              button.textContent = 'Copied';
            } catch {
              // Where a page may not write to the clipboard, the text is ready to be copied by hand.
              getSelection().selectAllChildren(code);
              button.textContent = 'Selected';
            }
            setTimeout(() => { button.textContent = 'Copy'; }, 1600);
          };

          addEventListener('DOMContentLoaded', () => {
            showLocalTimes();
            openTarget();
            filter();
            addEventListener('hashchange', openTarget);
            addEventListener('click', copy);
            addEventListener('keydown', moveBetweenRows);
          });
        })();
        """#
}
