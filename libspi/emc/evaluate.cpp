// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <unordered_map>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/io/record.h"
#include "libspi/orientation/reference.h"
#include "libspi/simulate/molecule.h"
#include "libspi/volume/fsc.h"

namespace spi {
namespace {

/// Intensities of a molecule.
class MoleculeReference final : public Reference {
 public:
  MoleculeReference(const Molecule& molecule, double q_max, int threads)
      : particle_(make_particle(molecule, q_max, 3, threads)), q_max_(q_max) {}
  double q_max() const override { return q_max_; }
  void intensity(std::span<const float> qx, std::span<const float> qy, std::span<const float> qz,
                 std::span<float> out) const override {
    std::vector<std::complex<float>> f(out.size());
    particle_->amplitude(qx, qy, qz, f);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::norm(f[i]);
  }

 private:
  std::unique_ptr<Particle> particle_;
  double q_max_;
};

std::unique_ptr<Reference> true_intensity(const EvaluateOptions& options, double q_max,
                                          int threads) {
  if (options.structure) {
    const auto molecules = read_molecules(*options.structure);
    return std::make_unique<MoleculeReference>(molecules.front(), q_max, threads);
  }
  return file_reference(*options.volume, 0);
}

/// The truth at the model's voxels, NaN where the model is not measured or the truth ends.
void compare_intensities(const Model& model, const Reference& truth, const Quaternion& align,
                         Evaluation& result, int threads) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  const std::size_t n = model.size;
  std::vector<float> ours = model.intensity, theirs(n * n * n, kUnknown);
  for (std::size_t v = 0; v < ours.size(); ++v)
    if (ours[v] == 0) ours[v] = kUnknown;
  const Matrix3 truth_from_model = to_matrix(conjugate(align));
  const auto centre = double(n / 2);
  parallel_for(n, threads, [&](std::size_t k, int) {
    std::vector<float> qx, qy, qz;
    std::vector<std::size_t> at;
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = 0; i < n; ++i) {
        Vector3 q{double(i) - centre, double(j) - centre, double(k) - centre};
        for (double& x : q) x *= model.q_per_voxel;
        if (std::hypot(q[0], q[1], q[2]) > truth.q_max()) continue;
        q = rotate(truth_from_model, q);
        qx.push_back(float(q[0])), qy.push_back(float(q[1])), qz.push_back(float(q[2]));
        at.push_back((k * n + j) * n + i);
      }
    std::vector<float> out(at.size());
    truth.intensity(qx, qy, qz, out);
    for (std::size_t m = 0; m < at.size(); ++m) theirs[at[m]] = out[m];
  });
  const ShellCurve curve = shell_curve(ours, theirs, n, 1, ShellMean::removed);
  for (std::size_t s = 0; s < curve.radius.size(); ++s) {
    if (curve.voxels[s] == 0) continue;
    result.q.push_back(curve.radius[s] * model.q_per_voxel);
    result.fsc.push_back(curve.correlation[s]);
  }
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / double(values.size());
}

FluenceRegression regression(std::vector<double> found, std::vector<double> truth) {
  for (auto* values : {&found, &truth}) {
    const double mean = mean_of(*values);
    for (double& v : *values) v /= mean;
  }
  double xx = 0, xy = 0, yy = 0;
  FluenceRegression r;
  for (std::size_t d = 0; d < found.size(); ++d) {
    const double x = truth[d] - 1, y = found[d] - 1;
    xx += x * x, xy += x * y, yy += y * y;
    r.relative_error += std::pow(found[d] / truth[d] - 1, 2) / double(found.size());
  }
  r.relative_error = std::sqrt(r.relative_error);
  r.slope = xx > 0 ? xy / xx : 0;
  r.offset = 1 - r.slope;
  r.correlation = xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
  return r;
}

}  // namespace

void EvaluateOptions::describe(OptionSet& o) {
  o.add("modulo", modulo,
        "point group modulo which orientations are compared, its axes found in the truth's frame: "
        "for a pseudo-symmetry; auto: the model's own symmetry");
  o.flag("twin", twin,
         "half a turn about the beam counts as the same orientation: where the Ewald sphere is "
         "nearly flat the patterns are");
  o.add("structure", structure,
        "PDB or mmCIF file of the true particle, to compare intensities with");
  o.add("true-volume", volume, "the true intensities, volumes.h5 or MRC, instead of --structure");
}

FrameTruths read_frame_truths(const std::vector<std::filesystem::path>& paths) {
  FrameTruths truth;
  for (const auto& path : paths) {
    const h5::File file = h5::File::open(path);
    format_of(file);
    if (!file.exists("truth/quaternion"))
      fail(path.string(), " holds no true orientations (truth/quaternion)");
    std::vector<std::uint64_t> id;
    const h5::Shape shape = file.shape("truth/quaternion");
    const std::size_t n = shape.empty() ? 0 : shape[0];
    if (file.exists("id"))
      id = file.read<std::uint64_t>("id");
    else
      for (std::size_t d = 0; d < n; ++d) id.push_back(d);
    if (id.size() != n)
      fail(path.string(), " has ", id.size(), " frames and ", n, " true orientations");
    const auto values = file.read<double>("truth/quaternion", {n, 4});
    for (std::size_t d = 0; d < n; ++d) {
      const double* q = &values[4 * d];
      truth.orientation.push_back(normalized({q[0], q[1], q[2], q[3]}));
    }
    truth.id.insert(truth.id.end(), id.begin(), id.end());
    if (!file.exists("truth/fluence")) continue;
    const auto fluence = file.read<double>("truth/fluence", {n});
    truth.fluence.insert(truth.fluence.end(), fluence.begin(), fluence.end());
  }
  if (truth.fluence.size() != truth.id.size()) truth.fluence.clear();
  return truth;
}

Evaluation evaluate(const Model& model, const FrameTruths& truth, const EvaluateOptions& options,
                    int threads) {
  if (options.structure && options.volume)
    fail_usage("--structure and --true-volume both say what is true: choose one");
  std::unordered_map<std::uint64_t, std::size_t> place;
  for (std::size_t n = 0; n < truth.id.size(); ++n)
    if (!place.emplace(truth.id[n], n).second) fail("the truth has frame ", truth.id[n], " twice");
  std::vector<Quaternion> found, real;
  std::vector<double> fluence, true_fluence;
  for (std::size_t d = 0; d < model.id.size(); ++d) {
    const auto at = place.find(model.id[d]);
    if (at == place.end())
      fail("frame ", model.id[d], " of the model is not among the ", truth.id.size(),
           " of the truth: give the frames that the model was made of");
    const QuaternionRow& q = model.quaternion[d];
    found.push_back({q[0], q[1], q[2], q[3]});
    real.push_back(truth.orientation[at->second]);
    if (truth.fluence.empty() || model.fluence.empty()) continue;
    fluence.push_back(model.fluence[d]);
    true_fluence.push_back(truth.fluence[at->second]);
  }
  const PointGroup group = laue_class(point_group(options.modulo.value_or(model.symmetry)));
  Evaluation result{
      .modulo = point_group(options.modulo.value_or(model.symmetry)).name,
      .twin = options.twin,
      .frames = found.size(),
      .id = model.id,
      .poses = compare_poses(found, real, group, options.twin ? BeamTwin::same : BeamTwin::distinct,
                             options.modulo.has_value())};
  if (!fluence.empty()) result.fluence = regression(fluence, true_fluence);
  if (options.structure || options.volume) {
    const double q_max = std::sqrt(3.) * double(model.size / 2 + 1) * model.q_per_voxel;
    compare_intensities(model, *true_intensity(options, q_max, threads),
                        result.poses.model_from_truth, result, threads);
  }
  return result;
}

std::string report(const Evaluation& e) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  std::string text =
      text_of("frames\t", e.frames, "\nmodulo\t", e.modulo, e.twin ? " and the beam twin" : "",
              "\nmedian_error_deg\t", print_number(e.poses.median_rad * kDegrees),
              "\nmean_error_deg\t", print_number(e.poses.mean_rad * kDegrees), "\n");
  if (e.fluence)
    text += text_of("fluence_slope\t", print_number(e.fluence->slope), "\nfluence_correlation\t",
                    print_number(e.fluence->correlation), "\nfluence_relative_error\t",
                    print_number(e.fluence->relative_error), "\n");
  if (!e.fsc.empty())
    text += text_of("least_intensity_fsc\t", print_number(*std::ranges::min_element(e.fsc)),
                    "\nmean_intensity_fsc\t", print_number(mean_of(e.fsc)), "\n");
  return text;
}

std::vector<Column> fsc_table(const Evaluation& e) {
  return {{"q_per_A", e.q, {}}, {"intensity_fsc", e.fsc, {}}};
}

std::vector<Column> error_table(const Evaluation& e) {
  std::vector<Column> table{{"id", {}, {}},
                            {"error_deg", {}, {}},
                            {"turn_x_deg", {}, {}},
                            {"turn_y_deg", {}, {}},
                            {"turn_z_deg", {}, {}}};
  for (const Vector3& turn : e.poses.turn_rad)
    for (std::size_t k = 0; k < 3; ++k)
      table[2 + k].values.push_back(turn[k] * 180 / std::numbers::pi);
  table[0].values.assign(e.id.begin(), e.id.end());
  for (const double error : e.poses.error_rad)
    table[1].values.push_back(error * 180 / std::numbers::pi);
  return table;
}

}  // namespace spi
