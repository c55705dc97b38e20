// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of N averages or frames: the columns of several files, joined by id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libspi/io/selection.h"

namespace spi {

/// One number or label a row.
struct TableColumn {
  std::string name = {};            ///< file.group.dataset, of the file's name without extension
  std::vector<double> values = {};  ///< [N]; NaN where there is none
  std::vector<std::string> labels = {};  ///< values are indices into them; empty: numbers
  bool is_text = false;                  ///< the indices mean nothing: only the labels count
};

class Table {
 public:
  /// The rows, one an id; UserError, naming `source`, where an id comes twice or there is none.
  Table(std::string source, std::vector<std::uint64_t> ids);

  std::size_t rows() const { return ids_.size(); }
  const std::vector<std::uint64_t>& ids() const { return ids_; }
  /// What the rows are; averages where no file says.
  SelectionOf of() const { return of_.value_or(SelectionOf::averages); }
  /// UserError where another file said otherwise.
  void set_of(SelectionOf of, const std::string& source);
  /// The rows are all frames of the frames files given, in file order.
  bool is_in_file_order = false;

  /// Joins columns whose rows have these ids. UserError where one of the table's ids is not among
  /// them, or one comes twice; rows of other ids are left out.
  void join(const std::string& source, const std::vector<std::uint64_t>& ids,
            std::vector<TableColumn> columns);

  /// `name` is a column's name, or what follows a dot in it ("c1", "truth.melting", "melting"; a
  /// slash is as good as a dot). UserError where there is none, with the nearest and all names, or
  /// where it stands for several columns of different values.
  const TableColumn& column(std::string_view name) const;
  /// The same, and a UserError where it is a column of texts.
  const std::vector<double>& numbers(std::string_view name) const;
  /// The first column that `name` may stand for; nullptr where there is none.
  const TableColumn* find(std::string_view name) const;
  const std::vector<TableColumn>& columns() const { return columns_; }
  /// The shortest unmistakable name of each column.
  std::vector<std::string> names() const;

 private:
  std::vector<const TableColumn*> matches(std::string_view name) const;

  std::string source_;
  std::vector<std::uint64_t> ids_;
  std::optional<SelectionOf> of_;
  std::string of_source_;
  std::vector<TableColumn> columns_;
};

/// The table of clpca.h5, embedding.h5, clusters.h5, averages.h5, selection.h5, any other HDF5 file
/// with `id`, CSV tables with a column `id`, and frames of any kind. Columns are: `embedding` [N,
/// C] as c1 ... cC (embedding_error as c1_error ...), every dataset of N numbers or texts, every
/// column of a CSV table, and `id`. Numbers get the labels of the dataset NAME_names. Rows of files
/// without ids have their numbers as ids. The first file says which rows there are, the others must
/// have them. UserError for a file that has no rows, and for files of averages among files of
/// frames.
Table read_table(const std::vector<std::filesystem::path>& files);

}  // namespace spi
