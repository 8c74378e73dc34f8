// Runs before the chat is shown, so that nobody who chose one theme sees it in the other first.
{
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)(?:;|$)/);
  if (chosen) document.documentElement.dataset.theme = chosen[1];
}
