
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const get = (id) => document.getElementById(id);
  document.documentElement.classList.add('js');
  const age = get('age');
  if (age) {
    // Only who reads it knows how old it has become.
    const days = Math.floor((Date.now() - Date.parse(age.dataset.day)) / 864e5);
    if (days >= 0) age.textContent = days === 0 ? ' (today)' : ` (${days} ${days === 1 ? 'day' : 'days'} ago)`;
    if (days > 30) age.classList.add('missing');
  }
  if (!get('filters')) return;
  const number = new Intl.NumberFormat('en');
  const AT_ONCE = 50;
  const SURE = ['low', 'medium', 'high'];
  const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
  const RISKS = [
    ['10000', '10,000 and more', 10000, Infinity], ['1000', '1,000 to 9,999', 1000, 9999],
    ['100', '100 to 999', 100, 999], ['1', '1 to 99', 1, 99], ['0', 'none', 0, 0],
  ];

  // Rows as objects; what many share is shared.
  const places = (text) => text.split(' ').filter(Boolean).map((run) => {
    const [from, to = from] = run.split('-').map(Number);
    return [from, to + 1];
  });
  const spread = (text, names) => places(text).flatMap(([from, to]) => names.slice(from, to));
  const listed = new Map();
  const namesOf = (service) => {
    if (!listed.has(service)) listed.set(service, (data.names[service] ?? '').split(' '));
    return listed.get(service);
  };
  // What a change takes: `ec2,s3:0-5 7 +Unheard` is all of ec2, and actions of s3 by their places in its list.
  const taken = (text) => text.split(',').filter(Boolean).map((part) => part.split(':'));
  const made = ([id, sure, lost, ready, place], page, prefix) => {
    const full = prefix === null || id.startsWith(' ') ? id.trimStart() : `${prefix}/${id}`;
    const parts = taken(lost);
    return {
      id: full, sure, page, place: place ?? `change/${full}`, ready: ready ?? undefined, services: parts.map(([service]) => service),
      actions: () => parts.flatMap(([service, names]) => (names === undefined ? [] : [
        ...spread(names.split(' ').filter((it) => !it.startsWith('+')).join(' '), namesOf(service)),
        ...names.split(' ').filter((it) => it.startsWith('+')).map((it) => it.slice(1)),
      ].map((name) => `${service}:${name}`))),
    };
  };
  const shared = data.shared.map((change) => made(change, 'families.html', null));
  const rows = [];
  for (const account of data.accounts) {
    const page = `accounts/${encodeURIComponent(account.id)}.html`;
    const own = account.changes.map((change) => made(change, page, account.id));
    for (const [user, name, status, granted, unused, removed, before, after, levels, held, reached, families, credentials, reserve, owner, severity, names, tags, path, place] of account.rows) {
      const changes = reached.map((at) => (at < 0 ? shared[-at - 1] : own[at]));
      const kind = user ? 'user' : 'role';
      const code = status === null ? '' : data.statuses[status][0];
      const advised = code === 'reducible' ? changes : [];
      const least = Math.min(...advised.map((change) => SURE.indexOf(change.sure)));
      const arn = `arn:${data.partition}:iam::${account.id}:${kind}/${path ? `${path}/` : ''}${name}`;
      const policies = spread(names, account.names);
      const whose = owner === null ? '' : account.owners[owner];
      rows.push({
        account, kind, name, reserve, granted, unused, removed, before, after, changes, arn, policies, tags,
        owner: whose, severity,
        status: code, title: status === null ? '' : data.statuses[status][1],
        sure: advised.length ? least : -1,
        ready: [...new Set(advised.filter((change) => change.ready !== undefined).map((change) => (change.ready ? 'ready' : 'not yet')))],
        services: advised.length === 1 ? advised[0].services : [...new Set(advised.flatMap((change) => change.services))],
        levels: data.levels.filter((_, at) => levels & (1 << at)).map(([level]) => level),
        kinds: [...new Set(held.map((at) => account.policies[at][0]))],
        states: [...new Set(held.map((at) => account.policies[at][1]))],
        families: families.map((at) => data.families[at][0]),
        credentials: credentials ? ['unused'] : [],
        risk: RISKS.find(([, , from, to]) => before >= from && before <= to)[0],
        text: [kind, name, account.id, account.name, arn, whose, tags, ...policies].join(' ').toLowerCase(),
        href: `${page}#${place ?? `${kind}/${name}`}`,
      });
    }
  }
  // What a change takes away, for the search: made when somebody first searches.
  const lost = (change) => (change.text ??= [...change.services.map((service) => `${service}:*`), ...change.actions()].join(' ').toLowerCase());
  const has = (row, word) => row.text.includes(word) || row.changes.some((change) => {
    const [service, name] = word.split(':');
    return lost(change).includes(word) || (name !== undefined && !lost(change).includes(`${service}:${name}`)
      && change.services.includes(service) && !change.actions().some((action) => action.startsWith(`${service}:`)));
  });

  // Each filter: its key in the address, its label, the values of a row, and how a value is called.
  const called = (pairs) => { const names = new Map(pairs); return (value) => names.get(value) ?? value; };
  const FILTERS = [
    ['owner', 'Owner', (row) => [row.owner || data.nobody], (value) => (value === data.nobody ? 'No owner tag' : value)],
    ['account', 'Account', (row) => [row.account.id], called(data.accounts.map((it) => [it.id, `${it.name} (${it.id})`]))],
    ['status', 'Status', (row) => (data.notCovered.includes(row.status) ? [row.status, 'not-covered'] : [row.status]), called([...data.statuses, ['not-covered', 'Not covered (all kinds)']])],
    ['severity', 'Severity', (row) => [data.severities[row.severity]?.[1]]],
    ['confidence', 'Confidence', (row) => (row.sure < 0 ? [] : [SURE[row.sure]]), capital],
    ['ou', 'Organizational unit', (row) => (row.account.ou ? [row.account.ou] : [])],
    ['ready', 'Ready', (row) => row.ready, capital],
    ['credentials', 'Credentials', (row) => row.credentials, () => 'Has unused credentials'],
    ['service', 'Service', (row) => row.services],
    ['level', 'Access level removed', (row) => row.levels, called(data.levels)],
    ['kind', 'Kind of policy', (row) => row.kinds, capital],
    ['state', 'Result for a policy', (row) => row.states, (value) => capital(value.replaceAll('-', ' '))],
    ['risk', 'Risk score', (row) => [row.risk], called(RISKS)],
    ['family', 'Shared across accounts', (row) => row.families, called(data.families)],
    ['change', 'Change', (row) => row.changes.map((change) => change.id)],
  ];
  const MAIN = 5;
  const SEVERITIES = [...new Set(data.severities.map(([, word]) => word))];
  const COLUMNS = [
    ['name', 'Role or user', (row) => row.name.toLowerCase()],
    ['account', 'Account', (row) => row.account.name.toLowerCase()],
    ['owner', 'Owner', (row) => row.owner.toLowerCase()],
    ['status', 'Status', (row) => row.title],
    ['unused', 'Unused of granted', (row) => row.unused ?? -1, 'n'],
    ['severity', 'Severity', (row) => -row.severity, 'n'],
    ['risk', 'Risk now', (row) => row.before, 'n'],
    ['after', 'After', (row) => row.after, 'n'],
    ['sure', 'Confidence', (row) => row.sure],
    ['removed', 'Can be removed', (row) => row.removed, 'n'],
  ];
  // The last is for the order alone: its number is in the CSV and on the page of the account.
  const SHOWN = COLUMNS.slice(0, -1);

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // The state is what stands in the address, so that "back" undoes a filter.
  let state = {};
  let found = rows;
  const read = () => {
    const hash = new URLSearchParams(location.hash.slice(1));
    state = {};
    for (const key of ['q', 'sort', 'page', ...FILTERS.map(([key]) => key)]) {
      if (hash.get(key)) state[key] = hash.get(key);
    }
  };
  const write = (way = 'pushState') => {
    const hash = new URLSearchParams(state).toString();
    history[way](null, '', `#${hash || 'principals'}`);
  };
  const change = (key, value, way) => {
    delete state.page;
    if (value) state[key] = value; else delete state[key];
    write(way);
    show();
  };

  // The form, made once; a filter that nobody needs is left out.
  const form = get('filters');
  const more = make('details', { className: 'more' }, make('summary', { textContent: 'More filters' }));
  const others = make('div', { className: 'fields' });
  more.append(others);
  const controls = new Map();
  const field = (key, label, control, into = form) => {
    control.id = `filter-${key}`;
    controls.set(key, control);
    into.append(make('div', { className: key === 'q' ? 'wide-field' : '' }, make('label', { htmlFor: control.id, textContent: label }), control));
  };
  const search = make('input', { type: 'search', autocomplete: 'off', spellcheck: false, placeholder: 'Name, ARN, policy, action, owner or tag' });
  let waiting;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    // One step back leaves the search, however many letters it has. What is shown may wait, the state may not.
    const way = state.q ? 'replaceState' : 'pushState';
    delete state.page;
    if (search.value.trim()) state.q = search.value.trim(); else delete state.q;
    write(way);
    waiting = setTimeout(show, 120);
  });
  field('q', 'Search', search);
  for (const [at, [key, label, values, name = (value) => value]] of FILTERS.entries()) {
    const counts = new Map();
    for (const row of rows) for (const value of values(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (key === 'change' || counts.size === 0) continue;
    const select = make('select', {}, make('option', { value: '', textContent: 'All' }));
    const known = { risk: RISKS.map(([code]) => code), severity: SEVERITIES, confidence: [...SURE].reverse() }[key];
    const byName = (a, b) => name(a).localeCompare(name(b), 'en');
    for (const value of known ? known.filter((code) => counts.has(code)) : [...counts.keys()].sort(byName)) {
      select.append(make('option', { value, textContent: `${name(value)} (${number.format(counts.get(value))})` }));
    }
    select.addEventListener('change', () => change(key, select.value));
    field(key, label, select, at < MAIN ? form : others);
  }
  const sort = make('select');
  for (const [key, label, , numeric] of COLUMNS) {
    for (const way of numeric ? ['-', ''] : ['', '-']) {
      sort.append(make('option', { value: way + key, textContent: `${label}, ${numeric || key === 'sure' ? (way ? 'highest first' : 'lowest first') : (way ? 'Z to A' : 'A to Z')}` }));
    }
  }
  sort.addEventListener('change', () => change('sort', sort.value));
  field('sort', 'Sort by', sort, others);
  form.append(more);
  form.addEventListener('submit', (event) => event.preventDefault());

  const heads = SHOWN.map(([key, label, , numeric]) => {
    const button = make('button', { type: 'button', textContent: label });
    button.addEventListener('click', () => {
      const first = numeric ? `-${key}` : key;
      change('sort', (state.sort ?? '-risk') === first ? (numeric ? key : `-${key}`) : first);
    });
    return make('th', { scope: 'col', className: numeric ?? '' }, button);
  });
  get('rows').tHead.rows[0].append(...heads);

  // Active filters, each with a way to take it off.
  const chips = () => {
    const made = [];
    const chip = (key, text) => {
      const button = make('button', { type: 'button', className: 'chip', textContent: `${text} ✕`, ariaLabel: `Remove filter ${text}` });
      button.addEventListener('click', () => { change(key, ''); search.focus(); });
      made.push(button);
    };
    if (state.q) chip('q', `Search: ${state.q}`);
    for (const [key, label, , name = (value) => value] of FILTERS) if (state[key]) chip(key, `${label}: ${name(state[key])}`);
    if (made.length > 1) {
      const all = make('button', { type: 'button', textContent: 'Clear all' });
      all.addEventListener('click', () => { state = {}; write(); show(); search.focus(); });
      made.push(all);
    }
    get('chips').replaceChildren(...made);
  };

  // The selection as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe.
  const cellOf = (value) => {
    let text = String(value);
    // Also behind what some take for the end of a cell.
    if (typeof value !== 'number') text = text.replace(/(^|[,;|\t\r\n])(?=[ "']*[=+\-@|%\uff1d\uff0b\uff0d\uff20])/g, "$1'");
    return `"${text.replaceAll('"', '""')}"`;
  };
  get('csv').addEventListener('click', () => {
    const lines = [['Kind', 'Name', 'ARN', 'Account', 'Account name', 'Owner', 'Status', 'Severity', 'Confidence', 'Granted', 'Unused', 'Can be removed', 'Risk now', 'Risk after', 'Unused credentials', 'Policies', 'Changes', 'Tags']];
    for (const row of found) {
      lines.push([row.kind, row.name, row.arn, row.account.id, row.account.name, row.owner, row.title, data.severities[row.severity]?.[1] ?? '', SURE[row.sure] ?? '',
        row.granted, row.unused ?? 'unknown', row.removed, row.before, row.after, row.credentials.length ? 'yes' : 'no', row.policies.join('; '), row.changes.map((it) => it.id).join('; '), row.tags]);
    }
    const text = lines.map((line) => line.map(cellOf).join(',')).join('\r\n');
    const address = URL.createObjectURL(new Blob([`\ufeff${text}\r\n`], { type: 'text/csv' }));
    make('a', { href: address, download: 'leastwise-selection.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });

  const cell = (label, numeric, ...children) => {
    const element = make('td', { className: numeric ? 'n' : '' }, ...children);
    element.dataset.label = label;
    return element;
  };
  const meter = (part, whole) => {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 100 8');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('class', 'meter');
    svg.setAttribute('aria-hidden', 'true');
    for (const [name, width] of [['used', 100], ['unused', whole ? Math.round((100 * part) / whole) : 0]]) {
      const rect = document.createElementNS(space, 'rect');
      rect.setAttribute('class', name);
      rect.setAttribute('width', String(width));
      rect.setAttribute('height', '8');
      svg.append(rect);
    }
    return svg;
  };
  const line = (row) => {
    const one = row.status === 'reducible' && row.changes.length === 1 ? `${row.changes[0].page}#${row.changes[0].place}` : row.href;
    const head = make('th', { scope: 'row' },
      make('a', { href: one }, make('bdi', { textContent: row.name })), ' ', make('span', { className: 'by', textContent: row.kind }));
    const word = data.severities[row.severity]?.[1] ?? '';
    return make('tr', {}, head,
      cell('Account', false, make('bdi', { textContent: row.account.name })),
      cell('Owner', false, row.owner ? make('bdi', { textContent: row.owner }) : make('span', { className: 'by', textContent: 'none' })),
      cell('Status', false, make('span', { className: `status ${row.status}`, textContent: row.title }), row.reserve ? make('span', { className: 'chip ask', textContent: 'ask first' }) : ''),
      cell('Unused', true, `${row.unused === null ? 'unknown' : number.format(row.unused)} of ${number.format(row.granted)}`,
        row.unused === null ? '' : meter(row.unused, row.granted)),
      cell('Severity', false, make('span', { className: `severity ${word.toLowerCase()}`, textContent: word })),
      cell('Risk now', true, number.format(row.before)),
      cell('After', true, number.format(row.after)),
      cell('Confidence', false, row.sure < 0 ? '' : capital(SURE[row.sure])));
  };

  const show = () => {
    found = rows;
    for (const [key, , values] of FILTERS) {
      if (state[key]) found = found.filter((row) => values(row).includes(state[key]));
    }
    const words = (state.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) found = found.filter((row) => words.every((word) => has(row, word)));
    const key = state.sort ?? '-risk';
    const column = COLUMNS.find(([name]) => name === key.replace('-', '')) ?? COLUMNS[6];
    const way = key.startsWith('-') ? -1 : 1;
    const by = column[2];
    // What is kept for emergencies never leads a list. Sorting keeps the order of equals, which is that of the
    // report.
    const worst = way < 0 && ['risk', 'severity'].includes(column[0]);
    const last = (row) => (worst ? row.reserve : 0);
    found = [...found].sort((a, b) => { if (last(a) !== last(b)) return last(a) - last(b); const x = by(a), y = by(b); return (x < y ? -1 : x > y ? 1 : 0) * way; });
    const pages = Math.max(1, Math.ceil(found.length / AT_ONCE));
    const page = Math.min(pages, Math.max(1, Number.parseInt(state.page, 10) || 1));
    const from = (page - 1) * AT_ONCE;
    const some = found.slice(from, from + AT_ONCE);
    get('rows').tBodies[0].replaceChildren(...some.map(line));
    get('rows').hidden = some.length === 0;
    const all = rows.length === 1 ? '1 role or user' : `${number.format(rows.length)} roles and users`;
    let told = found.length === rows.length ? all : found.length ? `${number.format(found.length)} of ${all}` : `None of ${all} matches. Remove a filter, or search for another word.`;
    if (rows.length === 0) told = 'There are no roles or users.';
    if (pages > 1) told += `, showing ${number.format(from + 1)} to ${number.format(from + some.length)}`;
    get('shown').textContent = told;
    get('shown').dataset.number = found.length;
    get('csv').hidden = found.length === 0;
    const turn = (label, to) => {
      const button = make('button', { type: 'button', textContent: label, disabled: to < 1 || to > pages });
      button.addEventListener('click', () => {
        state.page = String(to);
        write();
        show();
        get('principals-title').focus();
      });
      return button;
    };
    get('pager').replaceChildren(...(pages > 1 ? [turn('Previous', page - 1), `Page ${page} of ${pages}`, turn('Next', page + 1)] : []));
    heads.forEach((head, at) => {
      const is = SHOWN[at] === column;
      head.ariaSort = is ? (way < 0 ? 'descending' : 'ascending') : 'none';
      head.firstChild.textContent = SHOWN[at][1] + (is ? (way < 0 ? ' ▼' : ' ▲') : '');
    });
    for (const [name, control] of controls) {
      const value = name === 'sort' ? key : state[name] ?? '';
      // The box keeps the blanks that somebody is typing.
      if (control.value.trim() !== value) control.value = value;
    }
    if (FILTERS.slice(MAIN).some(([key]) => state[key])) more.open = true;
    chips();
  };

  const arrive = () => {
    const target = location.hash.slice(1);
    // A place on the page is no filter, but the table itself is: all of it.
    if (target && target !== 'principals' && !target.includes('=')) return;
    read();
    show();
    if (target) {
      get('principals').scrollIntoView();
      get('principals-title').focus({ preventScroll: true });
    }
  };
  addEventListener('hashchange', arrive);
  show();
  arrive();
})();
