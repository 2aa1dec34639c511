// Runs in the page. What it shows is put in as text, never as markup.
{
  const AT_ONCE = 200;
  const element = (id) => document.getElementById(id);
  const rows = JSON.parse(element('cells').textContent).map((cells) => ({
    cells,
    standing: cells[4],
    text: cells.join('\n').toLowerCase(),
  }));
  const columns = [...document.querySelectorAll('#workspaces thead th')].map((cell) => cell.textContent);
  let limit = AT_ONCE;

  const rowOf = ({ cells }) => {
    const row = document.createElement('tr');
    for (const [index, cell] of cells.entries()) {
      const data = document.createElement('td');
      data.dataset.column = columns[index];
      data.textContent = cell;
      row.append(data);
    }
    return row;
  };

  const show = () => {
    const words = element('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    const standing = element('standing').value;
    const found = rows.filter(
      (row) => (standing === '' || row.standing === standing) && words.every((word) => row.text.includes(word)),
    );
    element('rows').replaceChildren(...found.slice(0, limit).map(rowOf));
    element('more').hidden = found.length <= limit;
    element('count').textContent =
      found.length === rows.length ? `${rows.length} entries` : `${found.length} of ${rows.length} entries`;
  };

  const showFirst = () => {
    limit = AT_ONCE;
    show();
  };
  element('search').addEventListener('input', showFirst);
  element('standing').addEventListener('change', showFirst);
  document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  element('more').addEventListener('click', () => {
    limit += AT_ONCE;
    show();
  });
  // Paper has no button to show more.
  addEventListener('beforeprint', () => {
    limit = rows.length;
    show();
  });
  addEventListener('afterprint', showFirst);
  show();
}
