/// The page's script: times in the reader's zone, a filter, and buttons that copy.
///
/// Without it the page says the same, with times in UTC.
enum Script {
    static let text = inScope(common)
    /// The script of a page that its server keeps current.
    static let live = inScope(common + following)

    private static func inScope(_ code: String) -> String { "(() => {\n'use strict';\n\(code)})();\n" }

    private static let common = #"""
          document.documentElement.classList.add('scripted');
          const two = number => String(number).padStart(2, '0');
          const local = date =>
            `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
            `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

          const showLocalTimes = root => {
            for (const time of root.querySelectorAll('time')) {
              const date = new Date(time.dateTime);
              if (Number.isNaN(date.getTime())) continue;
              time.title = time.dateTime;
              time.textContent = local(date);
            }
            const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
            for (const place of root.querySelectorAll('.zone')) if (zone) place.textContent = zone;
          };

          const openTarget = () => {
            const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
            if (target instanceof HTMLDetailsElement) target.open = true;
          };

          const applyFilter = () => {
            const field = document.getElementById('filter');
            if (!field) return;
            const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
            const rows = [...document.querySelectorAll('.env')];
            let count = 0;
            for (const row of rows) {
              const text = words.length ? row.querySelector('summary').textContent.toLowerCase() : '';
              row.hidden = !words.every(word => text.includes(word));
              if (!row.hidden) count += 1;
            }
            for (const group of document.querySelectorAll('.group')) group.hidden = !group.querySelector('.env:not([hidden])');
            const found = words.length ? `${count} of ${rows.length}` : '';
            const place = document.getElementById('found');
            if (place.textContent !== found) place.textContent = found;
          };

          const filter = () => {
            const field = document.getElementById('filter');
            if (!field) return;
            field.addEventListener('input', applyFilter);
            addEventListener('keydown', event => {
              const isTyping = event.target === field;
              if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                field.focus();
              } else if (event.key === 'Escape' && isTyping) {
                field.value = '';
                applyFilter();
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
            showLocalTimes(document);
            openTarget();
            filter();
            addEventListener('hashchange', openTarget);
            addEventListener('click', copy);
            addEventListener('keydown', moveBetweenRows);
          });
        """#

    /// Takes over what the server sends: an element at a time, and of that only what differs, so that what the reader has
    /// opened, selected, focused and scrolled stays.
    private static let following = #"""
          const keyOf = node => node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || '' : '';
          const kindOf = node => node.nodeType === Node.ELEMENT_NODE
            ? `${node.nodeName}.${(node.getAttribute('class') || '').split(' ')[0]}` : node.nodeName;
          const readers = ['open', 'hidden'];

          const become = (node, next) => {
            if (node.nodeType !== Node.ELEMENT_NODE) {
              if (node.data !== next.data) node.data = next.data;
              return;
            }
            for (const { name } of [...node.attributes]) {
              if (!next.hasAttribute(name) && !readers.includes(name)) node.removeAttribute(name);
            }
            for (const { name, value } of next.attributes) {
              if (!readers.includes(name) && node.getAttribute(name) !== value) node.setAttribute(name, value);
            }
            if (node.id === 'found') return;
            let place = node.firstChild;
            for (const child of [...next.childNodes]) {
              const key = keyOf(child);
              const match = key
                ? [...node.childNodes].find(candidate => keyOf(candidate) === key)
                : place && !keyOf(place) && kindOf(place) === kindOf(child) ? place : null;
              if (!match) {
                node.insertBefore(child, place);
                continue;
              }
              if (match === place) place = place.nextSibling; else node.insertBefore(match, place);
              become(match, child);
            }
            while (place) {
              const after = place.nextSibling;
              place.remove();
              place = after;
            }
          };

          const replace = (id, markup) => {
            const template = document.createElement('template');
            template.innerHTML = markup;
            const next = template.content.firstElementChild;
            showLocalTimes(template.content);
            const node = document.getElementById(id);
            if (node) become(node, next); else document.querySelector('.list').append(next);
          };

          const follow = () => {
            const events = new EventSource('events');
            const lost = document.getElementById('lost');
            events.onopen = () => { lost.hidden = true; };
            events.onerror = () => { lost.hidden = false; };
            events.onmessage = event => {
              const page = JSON.parse(event.data);
              document.title = page.title;
              for (const { id, markup } of page.parts) replace(id, markup);
              const list = document.querySelector('.list');
              const kept = new Set(page.environments);
              for (const row of [...list.children]) if (!kept.has(row.id)) row.remove();
              page.environments.forEach((id, index) => {
                const row = document.getElementById(id);
                if (row && list.children[index] !== row) list.insertBefore(row, list.children[index]);
              });
              applyFilter();
              document.documentElement.dataset.updates = page.number;
            };
          };

          addEventListener('DOMContentLoaded', follow);
        """#
}
