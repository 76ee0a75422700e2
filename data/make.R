# make.R DIR - write titanic, birthweight, pima, kyphosis, cars and solder into DIR, from Debian's
# r-cran-cardata, r-cran-mass and r-cran-rpart. The label comes last; a missing value is an empty field.

directory <- commandArgs(trailingOnly = TRUE)[1]

write_table <- function(file, data) {
    texts <- unlist(lapply(data, function(column) if (is.numeric(column)) NULL else as.character(column)))
    stopifnot(!grepl('[,"\n]', texts))
    names(data) <- tolower(gsub("[.]", "_", names(data)))
    write.table(data, file.path(directory, file), sep = ",", na = "", quote = FALSE, row.names = FALSE)
}

yes_no <- function(x) ifelse(x == 1, "yes", "no")

titanic <- carData::TitanicSurvival
write_table("titanic.csv", data.frame(
    class = titanic$passengerClass, sex = titanic$sex, age = round(titanic$age, 4), survived = titanic$survived))

birth <- MASS::birthwt
write_table("birthweight.csv", data.frame(
    age = birth$age, weight = birth$lwt, race = c("white", "black", "other")[birth$race],
    smoker = yes_no(birth$smoke), early_labours = birth$ptl, hypertension = yes_no(birth$ht),
    irritability = yes_no(birth$ui), visits = birth$ftv, low = yes_no(birth$low)))

write_table("pima.csv", MASS::Pima.tr2)

spine <- rpart::kyphosis
write_table("kyphosis.csv", spine[, c("Age", "Number", "Start", "Kyphosis")])

# Variant names and tyre sizes are nearly as many as cars; vans have -2 for no luggage room.
cars <- rpart::car90
cars <- cars[!is.na(cars$Price), !(names(cars) %in% c("Model2", "Tires"))]
cars$Luggage[which(cars$Luggage < 0)] <- NA
cars$Trans1[cars$Trans1 == ""] <- NA
cars$Trans2[cars$Trans2 == ""] <- NA
write_table("cars.csv", cars[, c(setdiff(names(cars), "Price"), "Price")])

write_table("solder.csv", rpart::solder.balance)
