
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const get = (id) => document.getElementById(id);
  const number = new Intl.NumberFormat('en');
  const AT_ONCE = 100;
  const SURE = ['low', 'medium', 'high'];
  const RISKS = [
    ['10000', '10,000 and more', 10000, Infinity], ['1000', '1,000 to 9,999', 1000, 9999],
    ['100', '100 to 999', 100, 999], ['1', '1 to 99', 1, 99], ['0', 'none', 0, 0],
  ];

  // Rows as objects; what many share is shared.
  const shared = data.shared.map(([id, sure, services, ready]) => ({ id, sure, services, ready }));
  const spread = (text, names) => text.split(' ').filter(Boolean).flatMap((run) => {
    const [from, to = from] = run.split('-').map(Number);
    return names.slice(from, to + 1);
  });
  const rows = [];
  for (const account of data.accounts) {
    const own = account.changes.map(([id, sure, services, ready]) => ({
      id: id.startsWith(' ') ? id.slice(1) : `${account.id}/${id}`, sure, services: spread(services, account.services), ready,
    }));
    for (const [user, name, status, granted, unused, removed, before, after, levels, held, reached, families, credentials, reserve, place] of account.rows) {
      const changes = reached.map((at) => (at < 0 ? shared[-at - 1] : own[at]));
      const kind = user ? 'user' : 'role';
      const code = status === null ? '' : data.statuses[status][0];
      const advised = code === 'reducible' ? changes : [];
      const least = Math.min(...advised.map((change) => SURE.indexOf(change.sure)));
      rows.push({
        account, kind, name, reserve, granted, unused, removed, before, after, changes,
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
        text: `${kind} ${name} ${account.id} ${account.name}`.toLowerCase(),
        href: `accounts/${encodeURIComponent(account.id)}.html#${place ?? `${kind}/${name}`}`,
      });
    }
  }

  // Each filter: its key in the address, its label, the values of a row, and how a value is called.
  const called = (pairs) => { const names = new Map(pairs); return (value) => names.get(value) ?? value; };
  const FILTERS = [
    ['account', 'Account', (row) => [row.account.id], called(data.accounts.map((it) => [it.id, `${it.id} ${it.name}`]))],
    ['status', 'Status', (row) => [row.status], called(data.statuses)],
    ['kind', 'Policy kind', (row) => row.kinds],
    ['confidence', 'Confidence', (row) => (row.sure < 0 ? [] : [SURE[row.sure]])],
    ['ready', 'Ready', (row) => row.ready],
    ['risk', 'Risk before', (row) => [row.risk], called(RISKS)],
    ['level', 'Access level removed', (row) => row.levels, called(data.levels)],
    ['service', 'Service with unused', (row) => row.services],
    ['state', 'Policy state', (row) => row.states],
    ['credentials', 'Keys and passwords', (row) => row.credentials],
    ['family', 'Family', (row) => row.families, called(data.families)],
    ['change', 'Change', (row) => row.changes.map((change) => change.id)],
  ];
  const COLUMNS = [
    ['name', 'Principal', (row) => row.name.toLowerCase()],
    ['account', 'Account', (row) => row.account.id],
    ['status', 'Status', (row) => row.title],
    ['granted', 'Granted', (row) => row.granted, 'n'],
    ['unused', 'Unused', (row) => row.unused, 'n'],
    ['removed', 'Removed', (row) => row.removed, 'n'],
    ['risk', 'Risk', (row) => row.before, 'n'],
    ['after', 'After', (row) => row.after, 'n'],
    ['sure', 'Confidence', (row) => row.sure],
  ];

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // The state is what stands in the address.
  let state = {};
  const read = () => {
    const hash = new URLSearchParams(location.hash.slice(1));
    state = {};
    for (const key of ['q', 'sort', 'page', ...FILTERS.map(([key]) => key)]) {
      if (hash.get(key)) state[key] = hash.get(key);
    }
  };
  const write = () => {
    const hash = new URLSearchParams(state).toString();
    history.replaceState(null, '', `#${hash || 'principals'}`);
  };
  const change = (key, value) => {
    delete state.page;
    if (value) state[key] = value; else delete state[key];
    write();
    show();
  };

  // The form, made once; a filter that nobody needs is left out.
  const form = get('filters');
  const controls = new Map();
  const field = (key, label, control) => {
    control.id = `filter-${key}`;
    controls.set(key, control);
    form.append(make('div', {}, make('label', { htmlFor: control.id, textContent: label }), control));
  };
  const search = make('input', { type: 'search', autocomplete: 'off', spellcheck: false });
  let waiting;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change('q', search.value.trim()), 120);
  });
  field('q', 'Search', search);
  for (const [key, label, values, name = (value) => value] of FILTERS) {
    const counts = new Map();
    for (const row of rows) for (const value of values(row)) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (key === 'change' || counts.size === 0) continue;
    const select = make('select', {}, make('option', { value: '', textContent: 'all' }));
    const order = key === 'risk' ? RISKS.map(([code]) => code).filter((code) => counts.has(code)) : [...counts.keys()].sort();
    for (const value of order) {
      select.append(make('option', { value, textContent: `${name(value)} (${number.format(counts.get(value))})` }));
    }
    select.addEventListener('change', () => change(key, select.value));
    field(key, label, select);
  }
  const sort = make('select');
  for (const [key, label, , numeric] of COLUMNS) {
    for (const way of numeric ? ['-', ''] : ['', '-']) {
      sort.append(make('option', { value: way + key, textContent: `${label}${way ? ', descending' : ', ascending'}` }));
    }
  }
  sort.addEventListener('change', () => change('sort', sort.value));
  field('sort', 'Sort', sort);
  const clear = make('button', { type: 'button', textContent: 'Show all' });
  clear.addEventListener('click', () => { state = {}; write(); show(); });
  form.append(make('div', {}, clear));
  form.addEventListener('submit', (event) => event.preventDefault());

  const heads = COLUMNS.map(([key, label, , numeric]) => {
    const button = make('button', { type: 'button', textContent: label });
    button.addEventListener('click', () => {
      const first = numeric ? `-${key}` : key;
      change('sort', state.sort === first ? (numeric ? key : `-${key}`) : first);
    });
    return make('th', { scope: 'col', className: numeric ?? '' }, button);
  });
  get('rows').tHead.rows[0].append(...heads);

  const cell = (label, numeric, ...children) => {
    const element = make('td', { className: numeric ? 'n' : '' }, ...children);
    element.dataset.label = label;
    return element;
  };
  const line = (row) => {
    const head = make('th', { scope: 'row' },
      make('a', { href: row.href }, make('bdi', { textContent: row.name })), ' ', make('span', { className: 'by', textContent: row.kind }));
    return make('tr', {}, head,
      cell('Account', false, make('bdi', { textContent: row.account.name }), ' ', make('span', { className: 'by', textContent: row.account.id })),
      cell('Status', false, make('span', { className: `badge ${row.status}`, textContent: row.title }), row.reserve ? ' looks like emergency access' : ''),
      ...[['Granted', row.granted], ['Unused', row.unused], ['Removed', row.removed], ['Risk', row.before], ['After', row.after]]
        .map(([label, value]) => cell(label, true, number.format(value))),
      cell('Confidence', false, row.sure < 0 ? '' : SURE[row.sure]));
  };

  const show = () => {
    let found = rows;
    for (const [key, , values] of FILTERS) {
      if (state[key]) found = found.filter((row) => values(row).includes(state[key]));
    }
    const words = (state.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) found = found.filter((row) => words.every((word) => row.text.includes(word)));
    const key = state.sort ?? '-risk';
    const column = COLUMNS.find(([name]) => name === key.replace('-', '')) ?? COLUMNS[6];
    const way = key.startsWith('-') ? -1 : 1;
    const by = column[2];
    // What is kept for emergencies never leads a list. Sorting keeps the order of equals, which is that of the
    // report.
    const last = (row) => row.reserve;
    found = [...found].sort((a, b) => { if (last(a) !== last(b)) return last(a) - last(b); const x = by(a), y = by(b); return (x < y ? -1 : x > y ? 1 : 0) * way; });
    const pages = Math.max(1, Math.ceil(found.length / AT_ONCE));
    const page = Math.min(pages, Math.max(1, Number.parseInt(state.page, 10) || 1));
    const from = (page - 1) * AT_ONCE;
    const some = found.slice(from, from + AT_ONCE);
    get('rows').tBodies[0].replaceChildren(...some.map(line));
    let told = `${number.format(found.length)} of ${number.format(rows.length)} principals`;
    if (state.change) told += `, reached by the change ${state.change}`;
    if (pages > 1) told += `; shown are ${number.format(from + 1)} to ${number.format(from + some.length)}`;
    get('shown').textContent = told;
    get('shown').dataset.number = found.length;
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
      const is = COLUMNS[at] === column;
      head.ariaSort = is ? (way < 0 ? 'descending' : 'ascending') : 'none';
      head.firstChild.textContent = COLUMNS[at][1] + (is ? (way < 0 ? ' ▼' : ' ▲') : '');
    });
    for (const [name, control] of controls) {
      const value = name === 'sort' ? key : state[name] ?? '';
      if (name !== 'q' || document.activeElement !== control) control.value = value;
    }
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
  document.documentElement.classList.add('js');
  show();
  arrive();
})();
