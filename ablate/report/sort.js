// Sorts a table by the column whose name is clicked: rows without a value come last.
document.querySelectorAll("table.sort").forEach(function (table) {
  var heads = Array.from(table.tHead.rows[0].cells), body = table.tBodies[0];
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var first = head.dataset.first || "descending", was = head.getAttribute("aria-sort");
      var sort = was !== first ? first : first === "descending" ? "ascending" : "descending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", sort);
      var sign = sort === "descending" ? -1 : 1;
      var value = function (row) { var v = row.cells[column].dataset.v; return v ? Number(v) : NaN; };
      Array.from(body.rows).sort(function (a, b) {
        var x = value(a), y = value(b);
        if (isNaN(x) || isNaN(y)) return Number(isNaN(x)) - Number(isNaN(y));
        return sign * (x - y);
      }).forEach(function (row) { body.appendChild(row); });
    });
  });
});
