// Runs before the page is painted, so that nobody who chose one theme sees the other first.
{
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/);
  if (chosen) document.documentElement.dataset.theme = chosen[1];
}
