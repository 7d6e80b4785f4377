'use strict';
// Shows what /api and /ws say. Everything that a peer can name becomes text (textContent), never markup.
(() => {
  const POLL_MILLIS = 30000;
  const RETRY_MILLIS_MAX = 30000;
  const SAMPLES_MAX = 120;
  const ROWS_MAX = 500;
  const KEY = 'tracker-api-key';
  const SVG = 'http://www.w3.org/2000/svg';
  const at = id => document.getElementById(id);
  const samples = [];
  let socket = null;
  let retryMillis = 1000;
  let refreshing = false;
  let again = false;
  let refreshTimer = null;

  const key = () => sessionStorage.getItem(KEY);
  const say = text => { if (at('state').textContent !== text) at('state').textContent = text; };

  function amount(bytes) {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let value = bytes, unit = 0;
    while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
    return (unit === 0 ? Math.round(value) : value.toFixed(1)) + ' ' + units[unit];
  }

  function moment(text) {
    const date = new Date(text);
    return isNaN(date) ? '' : date.toLocaleString();
  }

  async function get(path) {
    const headers = key() ? { 'X-API-Key': key() } : {};
    const response = await fetch(path, { headers, cache: 'no-store' });
    if (response.status === 401) { askForKey(key() ? 'The tracker does not know this key.' : ''); throw new Error('an API key is needed'); }
    if (!response.ok) throw new Error('the tracker answered ' + response.status);
    return response.json();
  }

  function askForKey(problem) {
    sessionStorage.removeItem(KEY);
    const form = at('key-form');
    const was = form.hidden;
    form.hidden = false;
    at('key-problem').textContent = problem;
    if (was) at('key').focus();
    say('An API key is needed.');
  }

  at('key-form').addEventListener('submit', event => {
    event.preventDefault();
    sessionStorage.setItem(KEY, at('key').value.trim());
    at('key').value = '';
    at('key-form').hidden = true;
    if (socket) socket.close();
    start();
  });

  function cell(text, className) {
    const td = document.createElement('td');
    td.textContent = text;
    td.title = text;
    if (className) td.className = className;
    return td;
  }

  function fill(body, rows, columns, none) {
    const fragment = document.createDocumentFragment();
    for (const cells of rows) {
      const tr = document.createElement('tr');
      tr.append(...cells);
      fragment.append(tr);
    }
    if (rows.length === 0) {
      const tr = document.createElement('tr');
      const td = cell(none, 'none');
      td.colSpan = columns;
      tr.append(td);
      fragment.append(tr);
    }
    body.replaceChildren(fragment);
  }

  function showStats(stats) {
    at('count-online').textContent = stats.peers_online;
    at('count-peers').textContent = stats.peers;
    at('count-files').textContent = stats.files;
    at('count-relays').textContent = stats.relays;
    samples.push({ millis: performance.now(), bytes: stats.relay_bytes, packets: stats.relay_packets });
    if (samples.length > SAMPLES_MAX) samples.shift();
    plot('bytes', value => amount(value) + '/s');
    plot('packets', value => value.toFixed(0) + '/s');
  }

  function plot(field, format) {
    const rates = [];
    for (let i = 1; i < samples.length; i++) {
      const seconds = (samples[i].millis - samples[i - 1].millis) / 1000;
      if (seconds > 0.5) rates.push(Math.max(0, samples[i][field] - samples[i - 1][field]) / seconds);
    }
    if (rates.length === 0) return;
    const top = Math.max(...rates, 1);
    const last = rates[rates.length - 1];
    at('rate-' + field).textContent = format(last);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 100 40');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', 'now ' + format(last) + ', at most ' + format(top));
    const base = document.createElementNS(SVG, 'line');
    base.setAttribute('x1', '0'); base.setAttribute('x2', '100'); base.setAttribute('y1', '39'); base.setAttribute('y2', '39');
    const line = document.createElementNS(SVG, 'polyline');
    const step = 100 / Math.max(1, SAMPLES_MAX - 2);
    const first = 100 - (rates.length - 1) * step;
    line.setAttribute('points', rates.map((rate, i) => (first + i * step).toFixed(2) + ',' + (39 - 37 * rate / top).toFixed(2)).join(' '));
    svg.append(base, line);
    at('plot-' + field).replaceChildren(svg);
  }

  async function refresh() {
    if (refreshing) { again = true; return; }
    refreshing = true;
    try {
      const [stats, peers, files, relays] = await Promise.all(
        [get('/api/stats'), get('/api/peers?limit=' + ROWS_MAX), get('/api/files?limit=' + ROWS_MAX), get('/api/relays')]);
      showStats(stats);
      fill(at('peers'), peers.peers.map(peer => [
        cell(peer.peer_id), cell((peer.ip.includes(':') ? '[' + peer.ip + ']' : peer.ip) + ':' + peer.port), cell(peer.hostname),
        cell(peer.status, peer.status === 'online' ? 'online' : 'offline'), cell(moment(peer.last_seen))]), 5, 'No peer is registered.');
      fill(at('files'), files.files.map(file => [
        cell(file.hash, 'hash'), cell(file.name), cell(amount(file.size), 'number'), cell(file.seeders + file.leechers, 'number')]), 4, 'No file is announced.');
      fill(at('relays'), relays.relays.slice(0, ROWS_MAX).map(relay => [
        cell(relay.id), cell(moment(relay.since)), cell(amount(relay.bytes), 'number')]), 3, 'Nobody is relayed.');
      if (!socket || socket.readyState !== WebSocket.OPEN) say('Asking every 30 seconds.');
    } catch (problem) {
      if (at('key-form').hidden) say('The tracker does not answer: ' + problem.message + '.');
    } finally {
      refreshing = false;
      if (again) { again = false; soon(); }
    }
  }

  // Many events in a row are one look.
  function soon() {
    if (refreshTimer === null) refreshTimer = setTimeout(() => { refreshTimer = null; refresh(); }, 500);
  }

  function listen() {
    const own = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws');
    socket = own;
    own.addEventListener('message', event => {
      const message = JSON.parse(event.data);
      if (message.type === 'auth_required') {
        if (key()) own.send(JSON.stringify({ type: 'auth', api_key: key() }));
        else askForKey('');
        return;
      }
      retryMillis = 1000;
      say('Live.');
      if (message.type === 'stats_update') {
        showStats(message.data);
        if (message.data.resync) soon();
        else get('/api/relays').then(relays => fill(at('relays'), relays.relays.slice(0, ROWS_MAX).map(relay => [
          cell(relay.id), cell(moment(relay.since)), cell(amount(relay.bytes), 'number')]), 3, 'Nobody is relayed.')).catch(() => {});
      } else {
        soon();
      }
    });
    own.addEventListener('close', () => {
      if (socket !== own) return;
      socket = null;
      if (at('key-form').hidden) {
        setTimeout(() => { if (!socket) listen(); }, retryMillis);
        retryMillis = Math.min(2 * retryMillis, RETRY_MILLIS_MAX);
      }
    });
  }

  function start() {
    refresh();
    if (!socket || socket.readyState > WebSocket.OPEN) listen();
  }

  // Where WebSockets are blocked, and as a check beside them.
  setInterval(() => { if (at('key-form').hidden && (!socket || socket.readyState !== WebSocket.OPEN)) refresh(); }, POLL_MILLIS);
  start();
})();
