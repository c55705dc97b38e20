// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/members.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <tuple>

#include "libspi/base/error.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

/// A frame that took part in a run.
struct Member {
  std::uint64_t frame = 0;
  std::int32_t row = -1;  ///< of its average
  float probability = 0, angle = 0, fluence = 0;
};

/// All members of a file, in blocks.
class Members {
 public:
  virtual ~Members() = default;
  virtual std::size_t averages() const = 0;
  virtual std::vector<std::uint64_t> average_ids() const = 0;
  virtual std::size_t count() const = 0;
  virtual bool has_probability() const { return true; }
  virtual std::vector<Member> read(std::size_t first, std::size_t n) const = 0;
};

std::vector<std::uint64_t> numbered(std::size_t n) {
  std::vector<std::uint64_t> ids(n);
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

template <class T>
std::vector<T> read_rows(const h5::File& file, const char* dataset, std::size_t first,
                         std::size_t n) {
  std::vector<T> values(n);
  file.read_box(dataset, {first}, {n}, values.data());
  return values;
}

class SpiMembers : public Members {
 public:
  explicit SpiMembers(h5::File file) : file_(std::move(file)) {
    count_ = file_.shape("/members/frame").at(0);
    for (const char* name : {"class", "probability", "angle", "fluence"})
      file_.require_shape(std::string("/members/") + name, {count_});
  }
  std::size_t averages() const override { return file_.shape("/intensity").at(0); }
  std::vector<std::uint64_t> average_ids() const override {
    return file_.exists("/id") ? file_.read<std::uint64_t>("/id", {averages()})
                               : numbered(averages());
  }
  std::size_t count() const override { return count_; }
  std::vector<Member> read(std::size_t first, std::size_t n) const override {
    const auto frame = read_rows<std::uint64_t>(file_, "/members/frame", first, n);
    const auto row = read_rows<std::int32_t>(file_, "/members/class", first, n);
    const auto probability = read_rows<float>(file_, "/members/probability", first, n);
    const auto angle = read_rows<float>(file_, "/members/angle", first, n);
    const auto fluence = read_rows<float>(file_, "/members/fluence", first, n);
    std::vector<Member> members(n);
    for (std::size_t i = 0; i < n; ++i)
      members[i] = {frame[i], row[i], probability[i], angle[i], fluence[i]};
    return members;
  }

 private:
  h5::File file_;
  std::size_t count_ = 0;
};

/// Dragonfly's output_NNN.h5: orientations[frame] = class + classes · rotation, -1 not used.
class DragonflyMembers : public Members {
 public:
  explicit DragonflyMembers(h5::File file) : file_(std::move(file)) {
    const h5::Shape models = file_.shape("/intens");
    if (models.size() != 3 || models[0] == 0)
      fail(file_.path().string(), " is no 2D run: intens has shape ", h5::print(models));
    averages_ = models[0];
    count_ = file_.shape("/orientations").at(0);
    if (file_.exists("/scale")) scale_ = file_.read<float>("/scale", {count_});
    if (!file_.exists("/quaternions")) return;
    const h5::Shape shape = file_.shape("/quaternions");
    const auto rotations = file_.read<float>("/quaternions", {shape.at(0), 5});
    for (std::size_t r = 0; r < shape[0]; ++r) angles_.push_back(rotations[5 * r]);
  }
  std::size_t averages() const override { return averages_; }
  std::vector<std::uint64_t> average_ids() const override { return numbered(averages_); }
  std::size_t count() const override { return count_; }
  bool has_probability() const override { return false; }
  std::vector<Member> read(std::size_t first, std::size_t n) const override {
    constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
    const auto orientation = read_rows<std::int32_t>(file_, "/orientations", first, n);
    std::vector<Member> members;
    for (std::size_t i = 0; i < n; ++i) {
      if (orientation[i] < 0) continue;
      const auto classes = std::int32_t(averages_);
      const auto rotation = std::size_t(orientation[i] / classes);
      members.push_back({first + i, orientation[i] % classes, kUnknown,
                         rotation < angles_.size() ? angles_[rotation] : kUnknown,
                         scale_.empty() ? kUnknown : scale_[first + i]});
    }
    return members;
  }

 private:
  h5::File file_;
  std::size_t averages_ = 0, count_ = 0;
  std::vector<float> angles_, scale_;
};

std::unique_ptr<Members> open_members(const std::filesystem::path& path) {
  h5::File file = h5::File::open(path);
  if (file.exists("/members/frame")) return std::make_unique<SpiMembers>(std::move(file));
  if (file.exists("/orientations") && file.exists("/intens"))
    return std::make_unique<DragonflyMembers>(std::move(file));
  fail(path.string(),
       " does not say which frames are behind its averages: expected averages.h5 of spi-average "
       "(members) or Dragonfly's 2D output (orientations)");
}

/// Keeps the first of equal elements, sorting from time to time: memory is that of the distinct.
template <class T, class Less, class Same>
class Distinct {
 public:
  Distinct(Less less, Same same) : less_(less), same_(same) {}
  void add(const T& value) {
    values_.push_back(value);
    if (values_.size() >= limit_) reduce();
  }
  std::vector<T> take() && {
    reduce();
    return std::move(values_);
  }

 private:
  void reduce() {
    std::ranges::sort(values_, less_);
    values_.erase(std::unique(values_.begin(), values_.end(), same_), values_.end());
    limit_ = std::max(limit_, 2 * values_.size());
  }
  Less less_;
  Same same_;
  std::vector<T> values_;
  std::size_t limit_ = 1 << 20;
};

/// By frame, the best average first.
bool is_before(const Member& a, const Member& b) {
  const auto rank = [](const Member& m) { return std::isnan(m.probability) ? 1 : -m.probability; };
  return std::tuple(a.frame, rank(a), a.row) < std::tuple(b.frame, rank(b), b.row);
}
bool is_same_frame(const Member& a, const Member& b) { return a.frame == b.frame; }

/// [averages] whether the row is selected.
std::vector<bool> wanted_rows(const Selection& averages, const std::vector<std::uint64_t>& ids,
                              const std::string& source) {
  auto selected = averages.id;
  std::ranges::sort(selected);
  std::vector<bool> wanted(ids.size());
  std::size_t found = 0;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    wanted[row] = std::ranges::binary_search(selected, ids[row]);
    found += wanted[row];
  }
  if (found != selected.size())
    fail(source, " holds ", found, " of the ", selected.size(),
         " selected averages: give the file of averages that the coordinates were made from");
  return wanted;
}

void append(Selection& frames, const std::vector<Member>& members,
            const std::vector<std::uint64_t>& average_ids) {
  for (const Member& m : members) {
    frames.id.push_back(m.frame);
    frames.average.push_back(average_ids[std::size_t(m.row)]);
    frames.probability.push_back(m.probability);
    frames.angle.push_back(m.angle);
    frames.fluence.push_back(m.fluence);
  }
}

template <class T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  if (values.empty()) return;
  std::vector<T> ordered;
  ordered.reserve(order.size());
  for (const std::size_t i : order) ordered.push_back(values[i]);
  values = std::move(ordered);
}

}  // namespace

Selection frames_behind(const Selection& averages, const std::filesystem::path& averages_file,
                        double min_probability, Monitor& monitor) {
  const std::string source = averages_file.string();
  const auto members = open_members(averages_file);
  const auto least = static_cast<float>(min_probability);
  if (least > 0 && !members->has_probability())
    fail(source, " is Dragonfly's and holds no probabilities: leave out --min-probability");
  const auto average_ids = members->average_ids();
  const auto wanted = wanted_rows(averages, average_ids, source);
  Distinct<Member, decltype(&is_before), decltype(&is_same_frame)> best(is_before, is_same_frame);
  Distinct<std::uint64_t, std::ranges::less, std::ranges::equal_to> all({}, {});
  Progress progress(monitor, "members", members->count());
  constexpr std::size_t kBlock = 1 << 18;
  for (std::size_t first = 0; first < members->count(); first += kBlock) {
    const std::size_t n = std::min(kBlock, members->count() - first);
    for (const Member& member : members->read(first, n)) {
      if (member.row < 0 || std::size_t(member.row) >= wanted.size())
        fail(source, ": frame ", member.frame, " belongs to average ", member.row, " of ",
             wanted.size());
      all.add(member.frame);
      const bool is_sure = least == 0 || member.probability >= least;
      if (is_sure && wanted[std::size_t(member.row)]) best.add(member);
    }
    progress.advance(n);
  }
  Selection frames{.of = SelectionOf::frames, .rule = averages.rule};
  append(frames, std::move(best).take(), average_ids);
  place_frames(frames, std::move(all).take(), source);
  return frames;
}

void place_frames(Selection& frames, const std::vector<std::uint64_t>& ids,
                  const std::string& source) {
  std::vector<std::size_t> by_id(ids.size());
  std::iota(by_id.begin(), by_id.end(), 0);
  if (!std::ranges::is_sorted(ids))
    std::ranges::sort(by_id, {}, [&](std::size_t place) { return ids[place]; });
  frames.index.clear();
  frames.count = ids.size();
  for (const std::uint64_t id : frames.id) {
    const auto at =
        std::ranges::lower_bound(by_id, id, {}, [&](std::size_t place) { return ids[place]; });
    if (at == by_id.end() || ids[*at] != id)
      fail("frame ", id, " is selected, but not among the ", ids.size(), " frames of ", source);
    frames.index.push_back(*at);
  }
  std::vector<std::size_t> order(frames.id.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::size_t i) { return frames.index[i]; });
  reorder(frames.id, order);
  reorder(frames.index, order);
  reorder(frames.average, order);
  reorder(frames.probability, order);
  reorder(frames.angle, order);
  reorder(frames.fluence, order);
}

}  // namespace spi
