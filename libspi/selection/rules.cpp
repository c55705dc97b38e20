// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/io/selection.h"
#include "libspi/selection/expression.h"
#include "libspi/selection/suggestion.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

using Mask = std::vector<bool>;

void intersect(Mask& rows, const Mask& other) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = rows[i] && other[i];
}
void unite(Mask& rows, const Mask& other) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = rows[i] || other[i];
}
void subtract(Mask& rows, const Mask& other) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = rows[i] && !other[i];
}

/// All intervals of a box, or all percentiles, at once.
template <class Rule>
Taken in_all(const Table& table, const std::vector<Interval>& intervals, Rule rule) {
  Taken all{Mask(table.rows(), true)};
  Mask unknown(table.rows());
  for (const Interval& interval : intervals) {
    const auto& values = table.numbers(interval.column);
    intersect(all.rows, rule(values, interval).rows);
    for (std::size_t i = 0; i < values.size(); ++i)
      unknown[i] = unknown[i] || std::isnan(values[i]);
  }
  all.unknown = std::size_t(std::ranges::count(unknown, true));
  return all;
}

/// The number that stands for a cluster's name in its column.
double cluster_number(const TableColumn& column, const std::string& name) {
  const auto& labels = column.labels;
  const auto found = std::ranges::find(labels, name);
  if (found != labels.end()) return double(found - labels.begin());
  double number = std::nan("");
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc{} && end == name.data() + name.size();
  if (is_number && !column.is_text &&
      std::ranges::find(column.values, number) != column.values.end())
    return number;
  std::vector<std::string> names = labels;
  std::vector<double> distinct = labels.empty() ? column.values : std::vector<double>{};
  std::erase_if(distinct, [](double v) { return std::isnan(v); });
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (const double value : distinct) names.push_back(print_number(value));
  fail("there is no cluster '", name, "'; the clusters are: ", listed(names),
       did_you_mean(name, labels));
}

Taken in_clusters(const Table& table, const std::vector<std::string>& clusters) {
  const TableColumn& column = table.column("cluster");
  std::vector<double> wanted;
  for (const std::string& name : clusters) wanted.push_back(cluster_number(column, name));
  Taken taken{Mask(table.rows())};
  for (std::size_t i = 0; i < table.rows(); ++i) {
    taken.rows[i] = std::ranges::find(wanted, column.values[i]) != wanted.end();
    taken.unknown += std::isnan(column.values[i]);
  }
  return taken;
}

/// c1, c2, ... c`count`, or the names given.
std::vector<std::string> axis_names(const SelectOptions& options, std::size_t count) {
  if (options.axes) return *options.axes;
  std::vector<std::string> names;
  for (std::size_t c = 1; c <= count; ++c) names.push_back(text_of("c", c));
  return names;
}

Taken in_polygon(const Table& table, const SelectOptions& options) {
  const auto axes = axis_names(options, 2);
  if (axes.size() != 2)
    fail_usage("--polygon lies in a plane, but --axes names ", axes.size(), " columns");
  return inside(table.numbers(axes[0]), table.numbers(axes[1]), *options.polygon);
}

Taken near_point(const Table& table, const SelectOptions& options) {
  const Nearest& wanted = *options.nearest;
  constexpr std::size_t kFirst = 3;
  std::size_t count = wanted.point.size();
  if (wanted.id)
    for (count = 1; count < kFirst && table.find(text_of("c", count + 1));) ++count;
  const auto names = axis_names(options, count);
  std::vector<std::span<const double>> axes;
  for (const std::string& name : names) axes.emplace_back(table.numbers(name));
  std::vector<double> point = wanted.point;
  if (wanted.id) {
    const auto found = std::ranges::find(table.ids(), *wanted.id);
    if (found == table.ids().end()) fail("--nearest: there is no id ", *wanted.id);
    const auto row = std::size_t(found - table.ids().begin());
    for (const auto& axis : axes) point.push_back(axis[row]);
    if (!std::ranges::all_of(point, [](double v) { return std::isfinite(v); }))
      fail("--nearest: id ", *wanted.id, " has no coordinates");
  }
  if (point.size() != axes.size())
    fail_usage("--nearest has ", point.size(), " coordinates, but --axes names ", axes.size(),
               " columns");
  return nearest(axes, point, wanted.count);
}

Taken where_true(const Table& table, const std::string& condition) {
  Taken taken{Mask(table.rows())};
  const auto truth = with_context("reading --where", [&] { return evaluate(condition, table); });
  for (std::size_t i = 0; i < truth.size(); ++i) taken.rows[i] = truth[i] == Truth::yes;
  taken.unknown = std::size_t(std::ranges::count(truth, Truth::unknown));
  return taken;
}

/// The rules of a table, gathered one after the other.
class Rules {
 public:
  Rules(const Table& table, bool any) : table_(table), any_(any) {}

  void add(const std::string& words, const char* option, const Taken& taken) {
    if (choice_.rows.empty())
      choice_.rows = taken.rows;
    else
      any_ ? unite(choice_.rows, taken.rows) : intersect(choice_.rows, taken.rows);
    choice_.rule += (choice_.rule.empty() ? "" : any_ ? " or " : " and ") + words;
    if (taken.unknown > 0)
      choice_.notes.push_back(text_of(taken.unknown, " of ", table_.rows(), " ",
                                      name_of(table_.of()), " have no value where ", option,
                                      " looks, and are not taken by it"));
  }

  /// The rows that a selection names.
  Mask read(const fs::path& path) {
    const Selection selection = read_selection(path);
    Mask rows = selected(selection, table_.ids(), table_.of());
    const auto known = std::size_t(std::ranges::count(rows, true));
    if (known < selection.size())
      choice_.notes.push_back(text_of(selection.size() - known, " of the ", selection.size(),
                                      " ids in ", path.string(), " are not among the ",
                                      table_.rows(), " ", name_of(table_.of())));
    return rows;
  }

  bool empty() const { return choice_.rows.empty(); }
  Choice& choice() { return choice_; }

 private:
  const Table& table_;
  bool any_;
  Choice choice_;
};

void apply_rules(const Table& table, const SelectOptions& options, Rules& rules) {
  using Intervals = std::vector<Interval>;
  if (!options.box.empty())
    rules.add("box " + Text<Intervals>::print(options.box), "--box",
              in_all(table, options.box, [](const auto& values, const Interval& interval) {
                return inside(values, interval);
              }));
  if (options.polygon) {
    const auto axes = Text<std::vector<std::string>>::print(axis_names(options, 2));
    rules.add("polygon " + options.polygon->text + " on " + axes, "--polygon",
              in_polygon(table, options));
  }
  if (!options.cluster.empty())
    rules.add("cluster " + Text<std::vector<std::string>>::print(options.cluster), "--cluster",
              in_clusters(table, options.cluster));
  if (!options.percentile.empty())
    rules.add("percentiles " + Text<Intervals>::print(options.percentile), "--percentile",
              in_all(table, options.percentile, within_percentiles));
  if (options.nearest)
    rules.add("nearest " + Text<Nearest>::print(*options.nearest), "--nearest",
              near_point(table, options));
  if (options.where) rules.add(*options.where, "--where", where_true(table, *options.where));
  if (options.ids)
    rules.add("ids in " + options.ids->string(), "--ids", {rules.read(*options.ids)});
}

void check(const SelectOptions& options, bool has_rules) {
  for (const Interval& p : options.percentile)
    if (p.low.value_or(0) < 0 || p.high.value_or(100) > 100)
      fail_usage("--percentile ", Text<Interval>::print(p), " goes beyond 0 to 100");
  if (has_rules) return;
  if (options.complement || options.unite)
    fail_usage("--", options.complement ? "complement" : "union", " needs a rule, such as --where");
  if (options.both.empty() && options.minus.empty())
    fail_usage(options.either.empty() ? "say what to select: --where, --box, --polygon, --cluster, "
                                        "--percentile, --nearest or --ids"
                                      : "--or needs a rule to add to, such as --ids");
}

bool has_rules(const SelectOptions& o) {
  return !o.box.empty() || o.polygon || !o.cluster.empty() || !o.percentile.empty() || o.nearest ||
         o.where || o.ids;
}

}  // namespace

void SelectOptions::describe(OptionSet& options) {
  options.group("Rules");
  options.add("where", where,
              "condition over the columns, such as \"c1 < 0.2 && gain > 1.5\", \"kind == 'cube'\", "
              "\"sqrt(c1*c1 + c2*c2) < 1 || isnan(gain)\"");
  options.add("box", box, "columns between bounds, both included: c1=-0.2:0.3,c2=:0.1");
  Option& outline =
      options.add("polygon", polygon,
                  "inside these corners, \"x,y x,y x,y\", or a text file with a corner a line");
  outline.type = "\"X,Y X,Y ...\"|FILE";
  outline.files = [this]() -> std::vector<fs::path> {
    if (polygon && polygon->is_file) return {polygon->text};
    return {};
  };
  options.add("axes", axes,
              "columns that --polygon and --nearest look at; auto: c1,c2 for a polygon, the first "
              "of c1,c2,... for a point, c1,c2,c3 for an id");
  options.add("cluster", cluster, "clusters, by the numbers or names in the column cluster");
  options.add("percentile", percentile,
              "from a percentile to below another: c1=10:30; 100 takes in the largest");
  Option& near = options.add("nearest", nearest,
                             "so many rows nearest to a point or to a row: 50@0.1,0.2 or 50@id=17");
  near.type = "COUNT@X,Y,...|COUNT@id=ID";
  options.add("ids", ids, "what a selection.h5, a blacklist or a list of ids names");
  options.group("Combining");
  options.flag("union", unite, "what any of the rules takes; else what all of them take");
  options.flag("complement", complement, "what the rules leave, rows without values too");
  const auto files = [&](const char* name, std::vector<fs::path>& value, const char* help) {
    options.add(name, value, help).files = [&value] { return value; };
  };
  files("and", both, "then keep only what these selections have too");
  files("or", either, "then add what these selections have");
  files("minus", minus, "then leave out what these selections have");
}

Choice choose(const Table& table, const SelectOptions& options) {
  check(options, has_rules(options));
  Rules rules(table, options.unite);
  apply_rules(table, options, rules);
  if (rules.empty()) rules.add("all", "", {Mask(table.rows(), true)});
  Choice& choice = rules.choice();
  if (options.complement) {
    choice.rows.flip();
    choice.rule = "not (" + choice.rule + ")";
  }
  const auto combine = [&](const char* word, const auto& files, auto operation) {
    for (const fs::path& path : files) {
      operation(choice.rows, rules.read(path));
      choice.rule += " " + std::string(word) + " " + path.string();
    }
  };
  combine("and", options.both, intersect);
  combine("or", options.either, unite);
  combine("minus", options.minus, subtract);
  return std::move(choice);
}

}  // namespace spi
