// Runs in the page. Inserts all data as text, never as markup.
{
  const PAGE_LENGTH = 200;
  const element = (id) => document.getElementById(id);
  const rows = JSON.parse(element('cells').textContent).map((cells) => ({
    cells,
    status: cells[4],
    text: cells.join('\n').toLowerCase(),
  }));
  const columns = [...document.querySelectorAll('#workspaces thead th')].map((cell) => cell.textContent);
  let limit = PAGE_LENGTH;

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
    const status = element('status').value;
    const found = rows.filter(
      (row) => (status === '' || row.status === status) && words.every((word) => row.text.includes(word)),
    );
    element('rows').replaceChildren(...found.slice(0, limit).map(rowOf));
    element('more').hidden = found.length <= limit;
    element('count').textContent =
      found.length === rows.length ? `${rows.length} entries` : `${found.length} of ${rows.length} entries`;
  };

  const showFirst = () => {
    limit = PAGE_LENGTH;
    show();
  };
  element('search').addEventListener('input', showFirst);
  element('status').addEventListener('change', showFirst);
  document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  element('more').addEventListener('click', () => {
    limit += PAGE_LENGTH;
    show();
  });
  // A printed page has no button to show more.
  addEventListener('beforeprint', () => {
    limit = rows.length;
    show();
  });
  addEventListener('afterprint', showFirst);
  show();
}
