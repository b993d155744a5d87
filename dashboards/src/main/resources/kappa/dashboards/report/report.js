document.addEventListener('click', (event) => {
  const wanted = event.target.dataset.save;
  if (wanted === 'print') {
    window.print();
  } else if (wanted) {
    const figure = event.target.closest('figure');
    const svg = figure.querySelector('svg');
    const text = wanted === 'svg' ? new XMLSerializer().serializeToString(svg) : svg.querySelector('metadata').textContent;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], {type: wanted === 'svg' ? 'image/svg+xml' : 'text/csv'}));
    link.download = `${figure.id}.${wanted}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
});
