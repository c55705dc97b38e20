// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>

#include "libspi/io/compare_detail.h"

namespace spi {
namespace {

class Hdf5Comparison {
 public:
  Hdf5Comparison(const h5::File& a, const h5::File& b, const CompareOptions& options)
      : a_(a), b_(b), options_(options), ignore_(options.ignore) {
    ignore_.push_back("/provenance");
  }

  Comparison run() {
    const auto in_a = wanted(a_.objects()), in_b = wanted(b_.objects());
    report_missing(in_a, in_b, b_, "");
    report_missing(in_b, in_a, a_, "");
    for (const std::string& object : in_a) {
      if (!in_b.contains(object)) continue;
      compare_attributes(object);
      const bool group_a = a_.is_group(object), group_b = b_.is_group(object);
      if (group_a != group_b)
        differ(object, "a group in one file, a dataset in the other");
      else if (!group_a)
        compare_dataset(object);
    }
    return std::move(result_);
  }

 private:
  bool is_ignored(const std::string& path) const {
    return std::ranges::any_of(ignore_, [&](const std::string& prefix) {
      return path.starts_with(prefix) && (path.size() == prefix.size() || prefix.ends_with('/') ||
                                          path[prefix.size()] == '/' || path[prefix.size()] == '@');
    });
  }
  std::set<std::string> wanted(const std::vector<std::string>& paths) const {
    std::set<std::string> kept;
    for (const std::string& path : paths)
      if (!is_ignored(path)) kept.insert(path);
    return kept;
  }
  void differ(const std::string& where, const std::string& what) {
    result_.differences.push_back(where + ": " + what);
  }
  void report_missing(const std::set<std::string>& present, const std::set<std::string>& other,
                      const h5::File& file, const std::string& prefix) {
    for (const std::string& path : present)
      if (!other.contains(path)) differ(prefix + path, "not in " + file.path().string());
  }

  void compare_attributes(const std::string& object) {
    const auto names = [&](const h5::File& file) {
      std::set<std::string> kept;
      for (const std::string& name : file.attributes(object))
        if (!is_ignored(object + "@" + name)) kept.insert(name);
      return kept;
    };
    const auto in_a = names(a_), in_b = names(b_);
    report_missing(in_a, in_b, b_, object + "@");
    report_missing(in_b, in_a, a_, object + "@");
    for (const std::string& name : in_a)
      if (in_b.contains(name)) compare_attribute(object, name);
  }

  void compare_attribute(const std::string& object, const std::string& name) {
    const h5::Attribute x = a_.attribute(object, name), y = b_.attribute(object, name);
    const std::string where = object + "@" + name;
    ++result_.compared;
    if (x.texts != y.texts || x.numbers.size() != y.numbers.size()) {
      const bool single = x.texts.size() == 1 && y.texts.size() == 1;
      differ(where, single ? "'" + x.texts[0] + "' against '" + y.texts[0] + "'" : "other values");
      return;
    }
    RealDifference difference(options_);
    difference.measure(x.numbers);
    difference.add(x.numbers, y.numbers);
    if (const auto words = difference.words()) differ(where, *words);
  }

  void compare_dataset(const std::string& name) {
    const h5::Info x = a_.info(name), y = b_.info(name);
    ++result_.compared;
    if (x.shape != y.shape)
      return differ(name, "shape " + h5::print(x.shape) + " against " + h5::print(y.shape));
    if (x.is_variable_length && y.is_variable_length) return compare_lists(name, x.shape);
    const auto is_number = [](const h5::Info& info) {
      return info.kind == h5::Kind::integer || info.kind == h5::Kind::real;
    };
    if (is_number(x) && is_number(y)) {
      if (x.kind == h5::Kind::integer && y.kind == h5::Kind::integer)
        compare_integers(name, x.shape);
      else
        compare_reals(name, x.shape);
    } else if (x.kind == h5::Kind::text && y.kind == h5::Kind::text) {
      if (a_.read_texts(name) != b_.read_texts(name)) differ(name, "the texts differ");
    } else {
      differ(name, "of different or unknown types");
    }
  }

  /// Calls `work(offset, count)` for boxes of some megabytes that cover the dataset.
  template <class Work>
  static void in_pieces(const h5::Shape& shape, Work&& work) {
    constexpr std::size_t kPiece = std::size_t{1} << 22;  // elements
    if (h5::element_count(shape) == 0) return;
    if (shape.empty()) return work(h5::Shape{}, h5::Shape{});
    h5::Shape offset(shape.size(), 0), count = shape;
    const std::size_t row = h5::element_count(shape) / shape[0];
    for (; offset[0] < shape[0]; offset[0] += count[0]) {
      count[0] = std::min(std::max<std::size_t>(1, kPiece / row), shape[0] - offset[0]);
      work(offset, count);
    }
  }

  template <class T>
  static std::vector<T> piece(const h5::File& file, const std::string& name,
                              const h5::Shape& offset, const h5::Shape& count) {
    std::vector<T> values(h5::element_count(count));
    file.read_box(name, offset, count, values.data());
    return values;
  }

  void compare_reals(const std::string& name, const h5::Shape& shape) {
    RealDifference difference(options_);
    in_pieces(shape, [&](const h5::Shape& offset, const h5::Shape& count) {
      difference.measure(piece<double>(a_, name, offset, count));
    });
    in_pieces(shape, [&](const h5::Shape& offset, const h5::Shape& count) {
      difference.add(piece<double>(a_, name, offset, count),
                     piece<double>(b_, name, offset, count));
    });
    if (const auto words = difference.words()) differ(name, *words);
  }

  void compare_integers(const std::string& name, const h5::Shape& shape) {
    std::size_t before = 0;
    bool found = false;
    in_pieces(shape, [&](const h5::Shape& offset, const h5::Shape& count) {
      if (found) return;
      // Unsigned and signed readings together tell apart all 64-bit integers of either sign.
      const auto x = piece<std::int64_t>(a_, name, offset, count);
      const auto y = piece<std::int64_t>(b_, name, offset, count);
      const auto p = piece<std::uint64_t>(a_, name, offset, count);
      const auto q = piece<std::uint64_t>(b_, name, offset, count);
      for (std::size_t i = 0; i < x.size() && !found; ++i) {
        if (x[i] == y[i] && p[i] == q[i]) continue;
        found = true;
        differ(name, text_of("the integers differ first at number ", before + i, ": ", x[i],
                             " against ", y[i]));
      }
      before += x.size();
    });
  }

  void compare_lists(const std::string& name, const h5::Shape& shape) {
    constexpr std::size_t kRows = 1000;
    if (shape.size() != 1) return differ(name, "lists of more than one dimension");
    for (std::size_t first = 0; first < shape[0]; first += kRows) {
      const std::size_t n = std::min(kRows, shape[0] - first);
      const auto x = a_.read_lists(name, first, n), y = b_.read_lists(name, first, n);
      const auto [p, q] = std::ranges::mismatch(x, y);
      if (p == x.end()) continue;
      return differ(name, text_of("the lists differ first in row ",
                                  first + static_cast<std::size_t>(p - x.begin())));
    }
  }

  const h5::File& a_;
  const h5::File& b_;
  const CompareOptions& options_;
  std::vector<std::string> ignore_;
  Comparison result_;
};

}  // namespace

Comparison compare_hdf5(const h5::File& a, const h5::File& b, const CompareOptions& options) {
  return Hdf5Comparison(a, b, options).run();
}

}  // namespace spi
