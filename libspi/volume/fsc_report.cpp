// SPDX-License-Identifier: GPL-3.0-or-later
// What is written of a Fourier shell correlation.
#include <cstdio>
#include <limits>
#include <numbers>

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"
#include "libspi/volume/volume_fsc.h"

namespace spi {
namespace {

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string note(const Resolution& r) {
  if (!r.q) return "below from the first shell";
  return r.beyond ? "never below: the curve ends here" : "";
}

std::vector<double> truth_curve(const VolumeFsc& fsc) {
  std::vector<double> values;
  for (const double f : fsc.correlation) values.push_back(with_truth(f));
  return values;
}

}  // namespace

std::vector<Column> fsc_table(const VolumeFsc& fsc) {
  std::vector<Column> columns{{"q_per_A", fsc.q, {}},
                              {"resolution_A", {}, {}},
                              {"fsc", fsc.correlation, {}},
                              {"voxels", {fsc.voxels.begin(), fsc.voxels.end()}, {}}};
  for (const double q : fsc.q) columns[1].values.push_back(1 / q);
  if (fsc.half_sets) columns.push_back({"fsc_with_truth", truth_curve(fsc), {}});
  return columns;
}

void write_fsc(const std::filesystem::path& path, const VolumeFsc& fsc,
               const Provenance& provenance) {
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-fsc", provenance);
  file.set_attribute("/", "quantity", std::string(name_of(fsc.quantity)));
  file.write("q", fsc.q);
  file.set_attribute("q", "unit", std::string("1/A"));
  file.write("fsc", fsc.correlation);
  file.write("voxels", fsc.voxels);
  if (fsc.half_sets) file.write("fsc_with_truth", truth_curve(fsc));
  std::vector<double> threshold, q;
  std::vector<std::uint8_t> beyond;
  for (const Resolution& r : fsc.resolution) {
    threshold.push_back(r.threshold);
    q.push_back(r.q.value_or(std::numeric_limits<double>::quiet_NaN()));
    beyond.push_back(r.beyond);
  }
  file.write("resolution/threshold", threshold);
  file.write("resolution/q", q);
  file.write("resolution/beyond", beyond);
  const RigidMotion& m = fsc.aligned.motion;
  file.write("alignment/quaternion",
             std::vector{m.rotation.w, m.rotation.x, m.rotation.y, m.rotation.z});
  std::vector<double> shift;
  for (const double s : m.shift) shift.push_back(s * fsc.voxel_size_A);
  file.write("alignment/shift_A", shift);
  file.write_scalar("alignment/inverted", std::uint8_t(m.inverted));
  file.write_scalar("alignment/correlation", fsc.aligned.correlation);
  file.close();
  target.commit();
}

std::string print(const Resolution& r) {
  const std::string at = "FSC " + print_number(r.threshold) + ": ";
  if (!r.q) return at + "nowhere reached";
  return at + formatted(r.beyond ? "beyond %.4g" : "%.4g", *r.q) +
         formatted(" 1/Å = %.4g Å", 1 / *r.q);
}

std::string resolution_table(const VolumeFsc& fsc) {
  std::string text = "threshold\tq_per_A\tresolution_A\tnote\n";
  for (const Resolution& r : fsc.resolution)
    text += print_number(r.threshold) + "\t" + (r.q ? formatted("%.5g", *r.q) : "") + "\t" +
            (r.q ? formatted("%.5g", 1 / *r.q) : "") + "\t" + note(r) + "\n";
  return text;
}

std::string resolution_json(const VolumeFsc& fsc) {
  const RigidMotion& m = fsc.aligned.motion;
  std::string text =
      "{\n  \"quantity\": \"" + std::string(name_of(fsc.quantity)) + "\",\n  \"resolution\": [\n";
  for (const Resolution& r : fsc.resolution) {
    text += "    {\"threshold\": " + print_number(r.threshold) +
            ", \"q_per_A\": " + (r.q ? print_number(*r.q) : "null") +
            ", \"resolution_A\": " + (r.q ? print_number(1 / *r.q) : "null") +
            ", \"beyond\": " + (r.beyond ? "true" : "false") + "}";
    text += &r == &fsc.resolution.back() ? "\n" : ",\n";
  }
  text += "  ],\n  \"alignment\": {\"quaternion\": [";
  for (const double v : {m.rotation.w, m.rotation.x, m.rotation.y}) text += print_number(v) + ", ";
  text += print_number(m.rotation.z) + "], \"shift_A\": [";
  for (std::size_t k = 0; k < 3; ++k)
    text += print_number(m.shift[k] * fsc.voxel_size_A) + (k < 2 ? ", " : "]");
  return text + ", \"inverted\": " + (m.inverted ? "true" : "false") +
         ", \"correlation\": " + print_number(fsc.aligned.correlation) + "}\n}\n";
}

std::string summary(const VolumeFsc& fsc) {
  std::uint64_t voxels = 0;
  for (const std::uint64_t v : fsc.voxels) voxels += v;
  std::string text = text_of("compared ", voxels, " voxels in ", fsc.q.size(), " shells");
  const Aligned& a = fsc.aligned;
  if (a.rotations == 0) return text + ", not aligned";
  const double angle = angle_between_rad(a.motion.rotation, {}) * 180 / std::numbers::pi;
  text += "; the second volume was turned by" + formatted(" %.2f degrees", angle);
  if (fsc.quantity == Quantity::density) {
    text += " and shifted by";
    for (std::size_t k = 0; k < 3; ++k)
      text += formatted(k < 2 ? " %.2f," : " %.2f Å", a.motion.shift[k] * fsc.voxel_size_A);
    if (a.motion.inverted) text += ", its twin taken";
  }
  return text + formatted("; they correlate to %.4f", a.correlation);
}

}  // namespace spi
