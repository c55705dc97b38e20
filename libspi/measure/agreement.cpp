// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/quantity.h"
#include "libspi/base/ranks.h"

namespace spi {
namespace {

/// The patterns that have a place and a value.
struct Known {
  std::vector<std::vector<double>> place;  ///< [N][axes]
  std::vector<double> value;               ///< [N]

  std::vector<double> axis(std::size_t a) const {
    std::vector<double> values;
    for (const auto& p : place) values.push_back(p[a]);
    return values;
  }
};

Known known_rows(const Table& table, const std::vector<std::string>& axes,
                 const TableColumn& column) {
  std::vector<const std::vector<double>*> coordinates;
  for (const std::string& axis : axes) coordinates.push_back(&table.numbers(axis));
  Known known;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    std::vector<double> place;
    for (const std::vector<double>* values : coordinates) place.push_back((*values)[row]);
    const bool whole = std::ranges::all_of(place, [](double x) { return std::isfinite(x); });
    if (!whole || !std::isfinite(column.values[row])) continue;
    known.place.push_back(std::move(place));
    known.value.push_back(column.values[row]);
  }
  return known;
}

/// The values as names, in ascending order.
TableColumn named(const TableColumn& column) {
  std::map<double, std::size_t> place;
  for (const double value : column.values)
    if (value >= 0) place.emplace(value, 0);
  TableColumn labelled{.name = column.name};
  for (auto& [value, at] : place) {
    at = labelled.labels.size();
    labelled.labels.push_back(print_number(value));
  }
  for (const double value : column.values)
    labelled.values.push_back(value >= 0 ? double(place.at(value)) : std::nan(""));
  return labelled;
}

/// What the table of `files` calls a column given as NAME or FILE:NAME; adds FILE where it is not
/// among them.
std::string name_in_table(const std::string& given, std::vector<std::filesystem::path>& files) {
  const auto colon = given.rfind(':');
  if (colon == given.npos) return given;
  const std::filesystem::path file = given.substr(0, colon);
  if (std::ranges::find(files, file) == files.end()) files.push_back(file);
  return file.stem().string() + "." + given.substr(colon + 1);
}

/// The k nearest others of pattern i, the nearest first; of equally near ones the earlier.
std::vector<std::size_t> nearest(const Known& known, std::size_t i, std::size_t k) {
  std::vector<std::pair<double, std::size_t>> others;
  for (std::size_t j = 0; j < known.place.size(); ++j) {
    if (j == i) continue;
    double sum = 0;
    for (std::size_t a = 0; a < known.place[i].size(); ++a)
      sum += std::pow(known.place[i][a] - known.place[j][a], 2);
    others.emplace_back(sum, j);
  }
  std::ranges::partial_sort(others, others.begin() + std::ptrdiff_t(k));
  std::vector<std::size_t> rows;
  for (std::size_t n = 0; n < k; ++n) rows.push_back(others[n].second);
  return rows;
}

double commonest(const Known& known, const std::vector<std::size_t>& rows) {
  const auto count = [&](std::size_t row) {
    return std::ranges::count_if(
        rows, [&](std::size_t other) { return known.value[other] == known.value[row]; });
  };
  return known.value[*std::ranges::max_element(rows, {}, count)];
}

double mean_of(const Known& known, const std::vector<std::size_t>& rows) {
  double sum = 0;
  for (const std::size_t row : rows) sum += known.value[row];
  return sum / double(rows.size());
}

void add_labels(Agreement& result, const Known& known, const std::vector<double>& guess,
                const std::vector<std::string>& labels) {
  std::size_t right = 0;
  for (std::size_t label = 0; label < labels.size(); ++label) {
    LabelAgreement one{.label = labels[label]};
    std::size_t of_label = 0;
    for (std::size_t i = 0; i < guess.size(); ++i) {
      if (known.value[i] != double(label)) continue;
      ++one.patterns;
      of_label += guess[i] == known.value[i];
    }
    if (one.patterns == 0) continue;
    one.recognised = double(of_label) / double(one.patterns);
    right += of_label;
    result.labels.push_back(std::move(one));
  }
  result.nearby = double(right) / double(guess.size());
}

}  // namespace

void AgreementOptions::describe(OptionSet& options) {
  options.add("known", known,
              "columns that the landscape is held against: NAME, or FILE:NAME of a file beside the "
              "inputs");
  options.add(
      "labels", labels,
      "the same of columns whose numbers are names, such as cluster; those below 0 are none");
  options.add("axes", axes,
              "columns of the landscape; auto: all of c1, c2, ..., or of z1, z2, ...");
  options.add("neighbours", neighbours, "nearest patterns that say what a pattern should be")
      .range(1, 1000);
}

std::vector<std::string> landscape_axes(const Table& table, const AgreementOptions& options) {
  if (options.axes) return *options.axes;
  for (const char* letter : {"c", "z"}) {
    std::vector<std::string> axes;
    while (table.find(text_of(letter, axes.size() + 1)))
      axes.push_back(text_of(letter, axes.size() + 1));
    if (!axes.empty()) return axes;
  }
  fail("no coordinates c1, c2, ... or z1, z2, ... among the columns: --axes names them");
}

Agreement agreement(const Table& table, const std::vector<std::string>& axes,
                    const std::string& name, std::size_t neighbours, int threads, KnownAs as) {
  const TableColumn& given = table.column(name);
  const bool is_named = as == KnownAs::names && given.labels.empty();
  const TableColumn column = is_named ? named(given) : given;
  const Known known = known_rows(table, axes, column);
  Agreement result{.known = name, .patterns = known.value.size()};
  if (result.patterns <= neighbours)
    fail("only ", result.patterns, " patterns have a place and a value of ", name,
         ": too few for --neighbours ", neighbours);
  const bool labelled = !column.labels.empty();
  std::vector<double> guess(result.patterns);
  parallel_for(guess.size(), threads, [&](std::size_t i, int) {
    const auto rows = nearest(known, i, neighbours);
    guess[i] = labelled ? commonest(known, rows) : mean_of(known, rows);
  });
  if (labelled) {
    add_labels(result, known, guess, column.labels);
    return result;
  }
  for (std::size_t a = 0; a < axes.size(); ++a)
    result.along.push_back(std::abs(spearman(known.axis(a), known.value)));
  result.nearby = spearman(guess, known.value);
  return result;
}

LandscapeAgreement landscape_agreement(std::vector<std::filesystem::path> files,
                                       const AgreementOptions& options, int threads,
                                       Monitor& monitor) {
  check_options(options);
  if (!options.known && !options.labels)
    fail_usage("--known or --labels names the columns that the landscape is held against");
  std::vector<std::pair<std::string, KnownAs>> columns;
  for (const auto& [names, as] :
       {std::pair{&options.known, KnownAs::written}, std::pair{&options.labels, KnownAs::names}})
    for (const std::string& name : names->value_or(std::vector<std::string>{}))
      columns.emplace_back(name_in_table(name, files), as);
  const Table table = read_table(files);
  LandscapeAgreement result{.axes = landscape_axes(table, options), .all = {}};
  for (const auto& [name, as] : columns) {
    result.all.push_back(agreement(table, result.axes, name, options.neighbours, threads, as));
    monitor.info(in_words(result.all.back(), result.axes, options.neighbours));
  }
  return result;
}

std::vector<Column> agreement_table(const std::vector<Agreement>& all,
                                    const std::vector<std::string>& axes) {
  std::vector<Column> table{{"known", {}, {}}, {"patterns", {}, {}}, {"nearby", {}, {}}};
  for (const std::string& axis : axes) table.push_back({"spearman_" + axis, {}, {}});
  const auto add = [&](std::string known, std::size_t patterns, double nearby,
                       const std::vector<double>& along) {
    table[0].values.push_back(double(table[0].labels.size()));
    table[0].labels.push_back(std::move(known));
    table[1].values.push_back(double(patterns));
    table[2].values.push_back(nearby);
    for (std::size_t a = 0; a < axes.size(); ++a)
      table[3 + a].values.push_back(along.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                  : along[a]);
  };
  for (const Agreement& one : all) {
    add(one.known, one.patterns, one.nearby, one.along);
    for (const LabelAgreement& l : one.labels)
      add(text_of(one.known, "=", l.label), l.patterns, l.recognised, {});
  }
  return table;
}

std::string in_words(const Agreement& agreement, const std::vector<std::string>& axes,
                     std::size_t neighbours) {
  std::string text = agreement.known + ": ";
  if (agreement.labels.empty()) {
    text += "|Spearman|";
    for (std::size_t a = 0; a < axes.size(); ++a)
      text += text_of(a ? ", " : " ", axes[a], " ", rounded(agreement.along[a], 3));
    return text + text_of("; ", rounded(agreement.nearby, 3), " with the mean of the ", neighbours,
                          " nearest (", agreement.patterns, " patterns)");
  }
  text += text_of(rounded(agreement.nearby, 3), " of ", agreement.patterns,
                  " patterns are what most of their ", neighbours, " nearest are (");
  for (const LabelAgreement& l : agreement.labels)
    text += text_of(&l == agreement.labels.data() ? "" : ", ", l.label, " ",
                    rounded(l.recognised, 2), " of ", l.patterns);
  return text + ")";
}

}  // namespace spi
