(() => {
  const theme = localStorage.getItem("listbackup.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
